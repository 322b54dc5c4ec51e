-- What runs there were, by kind, for charts and forecasts. A run is counted when it ends: how long its job had waited when it
-- started, and how long it took from claim to settlement. Its worker tells kind and wait of a run that completed, since it has
-- them at hand; of other runs the spec and the record tell. A call collects its runs in `q.ran` and writes them at its end, to
-- the hash `stats:runs` of the open minute: `LETTERBUCKET:KIND` and a number. stats.lua closes that minute. The letters and
-- buckets are those of packed.lua.
local columns = require('columns')
local kinds = require('kinds')
local packed = require('packed')
local queue = require('queue')
local stats = require('stats')
local digits = require('arguments').digits

local MOST = 5000             -- fields; what would need more is counted as of other kinds

-- The beginnings of fields by letter and bucket, made once: printing a number costs as much as a command.
local starts = {}
local function fill(letter)
  local of = {}
  for bucket = 0, packed.LAST do of[bucket] = letter .. bucket .. ':' end
  starts[letter] = of
  return of
end

local function add(q, field, n)
  local ran = q.ran
  if ran then
    ran[field] = (ran[field] or 0) + n
  else
    q.ran = { [field] = n }
  end
end

local function start_of(letter, bucket) return (starts[letter] or fill(letter))[bucket] end

-- Counts n runs of a kind, a word, that started at one time and end now. Runs that end together mostly started together.
local function count(q, letter, word, waited, started, n)
  if q.ended_since ~= started then q.ended_since, q.ended_bucket = started, packed.bucket(q.now - started) end
  add(q, start_of('w', waited) .. word, n)
  add(q, start_of(letter, letter == 'l' and 0 or q.ended_bucket) .. word, n)
end

-- Counts runs that end now, as {id, record}; at most 1,000. Their specs have to be there still.
function M.ended(q, letter, jobs)
  local ids = {}
  for i = 1, #jobs do ids[i] = jobs[i].id end
  local specs = redis.call('HMGET', q.keys.spec, unpack(ids))
  for i = 1, #jobs do
    local run = jobs[i].record
    local _, since = queue.read_score(q, run.score + 0)
    count(q, letter, kinds.word(columns.raw_kind(specs[i] or '')), packed.bucket(run.started - since), run.started, 1)
  end
end

-- Reads what a worker tells of n runs: `BUCKET:KIND n` for each bucket of waits and word of kinds.lua, with blanks between.
-- Returns a list of {bucket, word, n}; nil if the text is no such list, or does not tell of n runs.
function M.read(text, n)
  local told, size, sum = {}, -1, 0
  for bucket, word, some in string.gmatch(text, '(%d+):(%S+) ([1-9]%d*)') do
    local waited = tonumber(bucket)
    if waited > packed.LAST or #word > kinds.LONGEST_WORD then return nil end
    told[#told + 1] = { bucket = waited, word = word, n = tonumber(some) }
    size, sum = size + #bucket + #word + #some + 3, sum + told[#told].n
  end
  return size == #text and sum == n and told or nil
end

-- Counts runs of one claim that completed, as M.read returned them.
function M.completed(q, told, started)
  for i = 1, #told do count(q, 'c', told[i].word, told[i].bucket, started, told[i].n) end
end

-- Counts a new field under the other kinds instead, if there are too many.
local function bound(key, field, n)
  local letter, word = string.match(field, '^(%a%d+:)(.*)$')
  if word == kinds.OTHER or redis.call('HLEN', key) <= MOST then return end
  redis.call('HDEL', key, field)
  redis.call('HINCRBY', key, letter .. kinds.OTHER, n)
end

-- Writes what the call has collected.
function M.write(q)
  local ran = q.ran
  if not ran then return end
  q.ran = nil
  stats.present(q)
  local key = q.keys.runs
  for field, n in pairs(ran) do
    local text = n == 1 and '1' or digits(n)
    if redis.call('HINCRBY', key, field, text) == n then bound(key, field, text) end
  end
end
