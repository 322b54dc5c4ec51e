-- declare deploy [name value]…
--
-- The limits that a worker's code declares, before its first claim. Of two different declarations the one with the higher deploy
-- number stands, of equal numbers the last. Where no worker of the queue lives, the last of all stands. Cron entries follow the
-- same rule. Overrides stay.
-- Returns {result, deploy, declared}: `same`, `taken`, or `kept` if another declaration stands, with the deploy number that
-- stands.
-- `declared` rises with each declaration that differs from what stands, so that every worker hears of it.
-- Errors: BADARG, BADKEY, FORMAT.
local arguments = require('arguments')
local limits = require('limits')
local migration = require('migration')
local queue = require('queue')
local digits, refuse = arguments.digits, arguments.refuse

local function read(args)
  local map = {}
  if #args % 2 == 0 then refuse('BADARG', 'limits must be pairs of name and value') end
  for i = 2, #args, 2 do
    limits.check(args[i], args[i + 1], false)
    if map[args[i]] then refuse('BADARG', args[i] .. ' is declared twice') end
    map[args[i]] = args[i + 1]
  end
  return map
end

local function is_same(one, other)
  for name, value in pairs(one) do
    if other[name] ~= value then return false end
  end
  for name in pairs(other) do
    if not one[name] then return false end
  end
  return true
end

function M.run(q, args)
  local deploy, new = arguments.number(args[1], 0, 9e15, 'deploy'), read(args)
  local found = redis.call('HMGET', q.keys.config, 'deploy', 'declared')
  local standing, declared = tonumber(found[1]) or 0, tonumber(found[2]) or 0
  local old = limits.pairs_of(q.keys.limits)
  if is_same(new, old) then
    if deploy > standing then redis.call('HSET', q.keys.config, 'deploy', deploy) end
    return { 'same', math.max(deploy, standing), declared }
  end
  queue.create(q)
  declared = redis.call('HINCRBY', q.keys.config, 'declared', 1)
  local lives = redis.call('ZCOUNT', q.keys.workers, digits(q.now), '+inf') > 0
  if lives and found[1] and deploy < standing then return { 'kept', standing, declared } end
  redis.call('DEL', q.keys.limits)
  for name, value in pairs(new) do redis.call('HSET', q.keys.limits, name, value) end
  redis.call('HSET', q.keys.config, 'deploy', deploy)
  migration.apply(q)
  return { 'taken', deploy, declared }
end
