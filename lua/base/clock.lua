-- The server's time, the only time there is: hosts' clocks differ, so clients send durations.
-- TIME moves while a function runs; a call reads it once, through queue.open.
-- The library that SluiceTesting loads has another module in this one's place.
local M = {}

-- Returns milliseconds and microseconds since 1970.
function M.read()
  local time = redis.call('TIME')
  local seconds, micros = tonumber(time[1]), tonumber(time[2])
  return seconds * 1000 + math.floor(micros / 1000), seconds * 1000000 + micros
end

return M
