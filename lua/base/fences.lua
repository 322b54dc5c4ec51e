-- Fences: numbers that rise for ever, whatever the clock does, and that tell the microsecond of their taking, if they can.

local CLOSE = 10000           -- µs that fences run ahead of a clock that is right: one call may take thousands
local SPREAD = 997            -- no divisor of a millisecond

-- The first fence after `last`. Where fences are far ahead of the clock, the time no longer makes them differ from those that
-- another server gave, whose writes a failover lost. A step of changing length does.
function M.next(last, micros)
  if micros > last then return micros end
  return last + 1 + (last - micros > CLOSE and micros % SPREAD or 0)
end
