-- The optional columns of a job: hashes by id. A job without an entry costs nothing. All entries go with the job.
local queue = require('queue')
local utf8 = require('utf8')

M.all = {
  'lane', 'attempts', 'crashes', 'waits', 'errors', 'progress', 'result', 'priority', 'place', 'created', 'run', 'links',
  'after', 'target', 'hold', 'once', 'fingerprint', 'next', 'watched', 'notified', 'deadline', 'died',
  'since', 'deadlined',
}

local function keys_of(q)
  local columns = {}
  for i = 1, #M.all do columns[i] = q.keys[M.all[i]] end
  return columns
end

-- Whether any column is used.
function M.is_any(q) return redis.call('EXISTS', unpack(keys_of(q))) > 0 end

-- Removes jobs, at most 1,000, from `spec` and from all columns.
function M.drop(q, ids)
  if #ids == 0 then return end
  redis.call('HDEL', q.keys.spec, unpack(ids))
  local columns = keys_of(q)
  local left = redis.call('EXISTS', unpack(columns))
  for i = 1, #columns do
    if left == 0 then return end
    if redis.call('EXISTS', columns[i]) == 1 then
      redis.call('HDEL', columns[i], unpack(ids))
      if M.all[i] == 'deadline' then redis.call('ZREM', q.keys.deadlines, unpack(ids)) end
      left = left - 1
    end
  end
end

-- The values of one column for ids, in their order. A column that no job uses costs one EXISTS.
function M.read(q, name, ids)
  if #ids == 0 or redis.call('EXISTS', q.keys[name]) == 0 then return {} end
  return redis.call('HMGET', q.keys[name], unpack(ids))
end

-- The kind that a spec names, as raw bytes; nil if there is none.
function M.raw_kind(spec)
  local first = string.match(spec or '', '^{"kind":"([^"\\]*)"')
  if first then return first end
  local valid, decoded = pcall(cjson.decode, spec or '')
  local kind = valid and type(decoded) == 'table' and decoded.kind
  return type(kind) == 'string' and kind or nil
end

-- The kind as valid UTF-8, for readers outside.
function M.kind_of(spec)
  local kind = M.raw_kind(spec)
  return kind and utf8.mended(kind)
end

-- Keeps the time of the enqueue for a job whose score no longer tells it.
function M.keep_created(q, id, score)
  redis.call('HSETNX', q.keys.created, id, queue.moment(q, tonumber(score) % queue.CLASS))
end

local ERRORS = 10             -- kept of each job, the newest

-- Whether the last line of a job's history ends with a text.
function M.ends_with(q, id, text)
  local lines = redis.call('HGET', q.keys.errors, id)
  return lines and string.sub(lines, -#text) == text
end

-- Removes the last line of a job's history.
function M.drop_error(q, id)
  local rest = string.match(redis.call('HGET', q.keys.errors, id) or '', '^(.*)\n[^\n]*$')
  if rest then redis.call('HSET', q.keys.errors, id, rest) else redis.call('HDEL', q.keys.errors, id) end
end

-- Appends one error to a job's history, which is one JSON object a line.
function M.add_error(q, id, line)
  local before = redis.call('HGET', q.keys.errors, id)
  if before then
    local _, lines = string.gsub(before, '\n', '\n')
    if lines + 1 >= ERRORS then before = string.sub(before, string.find(before, '\n', 1, true) + 1) end
    line = before .. '\n' .. line
  end
  redis.call('HSET', q.keys.errors, id, line)
end
