-- What runs there were, by kind, for charts and forecasts. A call collects its runs in `q.ran` and writes them at its end, to the
-- hash `stats:runs` of the open minute: `LETTERBUCKET:KIND` and a number. stats.lua closes that minute. The letters and buckets
-- are those of packed.lua; a wait is counted at the start of its run, and a duration goes from claim to settlement.
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

-- Counts n runs of a kind (a word) that started at one time and end now. Runs that end together mostly started together.
function M.ended(q, letter, word, started, n)
  local of = starts[letter] or fill(letter)
  if q.ended_since ~= started then q.ended_since, q.ended_bucket = started, packed.bucket(q.now - started) end
  add(q, of[letter == 'l' and 0 or q.ended_bucket] .. (word == '' and kinds.OTHER or word), n)
end

-- Counts the starts of jobs, from the first to the last: `words` are their kinds. If their scores rise, and the ends of the range
-- share a bucket, so do all between them: a claim of many jobs looks at few scores.
function M.started(q, scores, words, first, last, are_sorted)
  local class, since = queue.read_score(q, scores[first] + 0)
  local bucket = packed.bucket(q.now - since)
  if first < last then
    local other, last_class
    if are_sorted then
      last_class, since = queue.read_score(q, scores[last] + 0)
      other = packed.bucket(q.now - since)
    end
    if bucket ~= other or class ~= last_class then
      local middle = math.floor((first + last) / 2)
      M.started(q, scores, words, first, middle, are_sorted)
      return M.started(q, scores, words, middle + 1, last, are_sorted)
    end
  end
  local start, word, from = (starts.w or fill('w'))[bucket], words[first], first
  for i = first + 1, last do
    if words[i] ~= word then
      add(q, start .. word, i - from)
      word, from = words[i], i
    end
  end
  add(q, start .. word, last + 1 - from)
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
