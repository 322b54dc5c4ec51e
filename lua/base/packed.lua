-- The runs of one kind of job in a span of time: a table of `outcomes` by letter, and of `durations` and `waits` by bucket. The
-- letters: c completed, r retried, d discarded, x cancelled, z snoozed, u unavailable, l lost with its worker. As text it is
-- OUTCOMES|DURATIONS|WAITS, such as `c12 r1|20:5,7,0,1|8:13`: the counts by letter; the counts of consecutive buckets, from the
-- bucket before the colon on.
-- Buckets are exponential, four to an octave: 0 is below 1 ms, i is from 2^((i-1)/4) to 2^(i/4) ms. The middle of a bucket is
-- less than 8.7 % from every value in it, and two histograms are added bucket by bucket, without loss: DDSketch (Masson, Rim
-- and Lee, VLDB 2019) with the buckets of OpenTelemetry's exponential histogram at scale 2.
local digits = require('arguments').digits

local floor, log = math.floor, math.log
local PER = 4 / log(2)
M.LAST = 128                  -- from 49 days on
local GAP = 3                 -- empty buckets that are written as zeros

-- The bucket of a time in ms.
function M.bucket(ms)
  if ms < 1 then return 0 end
  local bucket = floor(log(ms) * PER + 1e-9) + 1
  return bucket < M.LAST and bucket or M.LAST
end

function M.new() return { outcomes = {}, durations = {}, waits = {} } end

local function add(counts, name, n) counts[name] = (counts[name] or 0) + n end

-- Adds what a field of the open minute counts, `LETTERBUCKET`; the letter w is a wait.
function M.count(runs, letter, bucket, n)
  if letter == 'w' then return add(runs.waits, bucket, n) end
  add(runs.outcomes, letter, n)
  if letter ~= 'l' then add(runs.durations, bucket, n) end
end

local function read_histogram(text, counts)
  for first, list in string.gmatch(text, '(%d+):([%d,]+)') do
    local bucket = tonumber(first)
    for n in string.gmatch(list, '%d+') do
      if n ~= '0' then add(counts, bucket, tonumber(n)) end
      bucket = bucket + 1
    end
  end
end

-- Adds what a text tells.
function M.read(runs, text)
  local outcomes, durations, waits = string.match(text, '^([^|]*)|([^|]*)|([^|]*)$')
  if not outcomes then return end
  for letter, n in string.gmatch(outcomes, '(%a)(%d+)') do add(runs.outcomes, letter, tonumber(n)) end
  read_histogram(durations, runs.durations)
  read_histogram(waits, runs.waits)
end

-- Adds other runs, if there are any.
function M.add(runs, others)
  for part, counts in pairs(others or {}) do
    for name, n in pairs(counts) do add(runs[part], name, n) end
  end
end

local function histogram_text(counts)
  local first, last = M.LAST, -1
  for bucket in pairs(counts) do first, last = math.min(first, bucket), math.max(last, bucket) end
  local parts, before = {}, nil
  for bucket = first, last do
    local n = counts[bucket]
    if n then
      if before and bucket - before <= GAP + 1 then
        parts[#parts + 1] = string.rep(',0', bucket - before - 1) .. ','
      else
        parts[#parts + 1] = (before and ' ' or '') .. bucket .. ':'
      end
      parts[#parts + 1] = digits(n)
      before = bucket
    end
  end
  return table.concat(parts)
end

function M.text(runs)
  local outcomes = {}
  for letter, n in pairs(runs.outcomes) do outcomes[#outcomes + 1] = letter .. digits(n) end
  table.sort(outcomes)
  return table.concat(outcomes, ' ') .. '|' .. histogram_text(runs.durations) .. '|' .. histogram_text(runs.waits)
end

-- The number of starts and ends, by which kinds are compared.
function M.size(runs)
  local size = 0
  for _, n in pairs(runs.outcomes) do size = size + n end
  for _, n in pairs(runs.waits) do size = size + n end
  return size
end
