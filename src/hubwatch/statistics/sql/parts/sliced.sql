-- `told` joined to {of}, million by million: where a join's numbers span at most a million, it is a look-up in an array, five
-- times faster. (store.listing is joined for its statistics, which tell the planner the span.)
from told join (from {of} join (select listing_key from store.listing where listing_key < 1000000) using (listing_key)) using (listing_key)
union all
from told join (from {of} join (select listing_key from store.listing where listing_key between 1000000 and 1999999) using (listing_key)) using (listing_key)
union all
from told join (from {of} join (select listing_key from store.listing where listing_key between 2000000 and 2999999) using (listing_key)) using (listing_key)
union all
from told join (from {of} join (select listing_key from store.listing where listing_key between 3000000 and 3999999) using (listing_key)) using (listing_key)
union all
from told join (from {of} join (select listing_key from store.listing where listing_key between 4000000 and 4999999) using (listing_key)) using (listing_key)
union all
from told join (from {of} join (select listing_key from store.listing where listing_key between 5000000 and 5999999) using (listing_key)) using (listing_key)
union all
from told join (from {of} join (select listing_key from store.listing where listing_key between 6000000 and 6999999) using (listing_key)) using (listing_key)
union all
from told join (from {of} join (select listing_key from store.listing where listing_key between 7000000 and 7999999) using (listing_key)) using (listing_key)
union all
from told join (from {of} join (select listing_key from store.listing where listing_key >= 8000000) using (listing_key)) using (listing_key)
