case when parameters is null then 'unknown' when parameters < 1e9 then 'below 1B' when parameters < 5e9 then '1B to 5B'
  when parameters < 10e9 then '5B to 10B' when parameters < 50e9 then '10B to 50B' when parameters < 100e9 then '50B to 100B'
  when parameters < 250e9 then '100B to 250B' else '250B and more' end
