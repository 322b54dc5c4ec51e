-- I5: a fingerprint is owned by a live job that says so, or held by an ended one for its time; a live job owns its fingerprint.
-- `wrong` is called with each finding and its cure in repair.lua.
local states = require('states')
local unique = require('unique')

local function is_live(q, id)
  local state = states.of(q, id)
  return state and not states.is_ended(state), state
end

-- One entry of `unique`.
local function owner(q, fingerprint, id, wrong)
  local live, state = is_live(q, id)
  local text = redis.call('HGET', q.keys.fingerprint, id)
  local own, _, is_until_start = unique.parse(text or '')
  local is_held = redis.call('ZSCORE', q.keys.unique_ends, fingerprint)
  local function owner_wrong(what) wrong(what, 'owner', fingerprint, id) end
  if is_held and live then owner_wrong(fingerprint .. ' is held for a time, but its owner ' .. id .. ' has not ended') end
  if not is_held and not live then owner_wrong(fingerprint .. ' is owned by ' .. id .. ', which has ended, or does not exist') end
  if state and own ~= fingerprint then owner_wrong(fingerprint .. ' is owned by ' .. id .. ', which does not name it') end
  if is_until_start and state == 'executing' then owner_wrong(id .. ' has started, but still owns ' .. fingerprint) end
end

function M.owners(q, entries, wrong)
  for i = 1, #entries, 2 do owner(q, entries[i], entries[i + 1], wrong) end
end

-- Entries of the column `fingerprint`.
function M.owned(q, entries, wrong)
  for i = 1, #entries, 2 do
    local id, fingerprint = entries[i], unique.parse(entries[i + 1])
    local by = redis.call('HGET', q.keys.unique, fingerprint)
    if by ~= id and is_live(q, id) then
      local what = id .. ' has not ended, but ' .. fingerprint .. ' is owned by ' .. (by or 'no job')
      -- Two equal live jobs: no change of one of them is safe.
      if by and is_live(q, by) then wrong(what) else wrong(what, 'own', fingerprint, id) end
    end
  end
end

-- Fingerprints that are held for a time.
function M.held(q, fingerprints, wrong)
  for i = 1, #fingerprints do
    if redis.call('HEXISTS', q.keys.unique, fingerprints[i]) == 0 then
      wrong(fingerprints[i] .. ' is held for a time, but has no owner', 'hold_no_more', fingerprints[i])
    end
  end
end

-- Entries of the column `next`.
function M.successions(q, entries, wrong)
  for i = 1, #entries, 2 do
    if redis.call('HEXISTS', q.keys.executing, entries[i]) == 0 then
      wrong(entries[i] .. ' is to run again after its run, but does not run', 'succeed', entries[i])
    end
  end
end
