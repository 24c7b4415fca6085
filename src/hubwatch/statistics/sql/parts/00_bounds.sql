-- The formula of a share and of its bounds, once for every statistic.

-- A share and what it is at least and at most: the unlabelled and what may be outside all are this group's, or none of them is.
create or replace macro parts.share(amount, inside) as amount / nullif(inside, 0);
create or replace macro parts.share_low(amount, is_known, inside, beyond) as
  case when is_known then coalesce(amount, 0) else 0 end / nullif(inside + beyond, 0);
create or replace macro parts.share_high(amount, is_known, loose, inside, beyond) as
  (coalesce(amount, 0) + beyond + case when is_known then loose else 0 end) / nullif(inside + beyond, 0);

-- The same where what is in doubt may be of any whole: here, elsewhere, or neither.
create or replace macro parts.share_low_of_open(amount, is_known, inside, loose, loose_here) as
  amount / (inside + case when is_known then coalesce(loose, 0) - coalesce(loose_here, 0) else 0 end);
create or replace macro parts.share_high_of_open(amount, is_known, inside, loose_here) as
  (amount + case when is_known then coalesce(loose_here, 0) else 0 end) / (inside + case when is_known then coalesce(loose_here, 0) else 0 end);
