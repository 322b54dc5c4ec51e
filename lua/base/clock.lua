-- The server's time. It is the only time in Sluice: clocks of hosts differ, so clients send durations.
-- TIME moves while a function runs, so a call reads it once, in queue.open.
-- SluiceTesting loads another module in place of this one.

-- Returns milliseconds and microseconds since 1970.
function M.read()
  local time = redis.call('TIME')
  local seconds, micros = tonumber(time[1]), tonumber(time[2])
  return seconds * 1000 + math.floor(micros / 1000), seconds * 1000000 + micros
end
