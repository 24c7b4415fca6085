first_seen_on <= scope.day and if(last_seen_on > scope.day, listing_key in (from returned), gone_on is null or gone_on > scope.day)
