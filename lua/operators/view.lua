-- Read-only views: status, outlines, job, linked, list, workers, moves, history. Replies are flat lists of name and value, which
-- redis-cli shows readably.
local arguments = require('arguments')
local columns = require('columns')
local ended = require('ended')
local keys = require('keys')
local kinds = require('kinds')
local queue = require('queue')
local record = require('record')
local rewind = require('rewind')
local states = require('states')
local stats = require('stats')
local digits, refuse = arguments.digits, arguments.refuse

local LOOKED = 500            -- runs

-- Tells the ages of the oldest, in ms: how long the first job of a state is overdue, suspended, or runs. Above LOOKED runs their
-- age is left out.
local function put_ages(q, counts, put)
  for _, state in ipairs(states.timed) do
    local head = counts[state] > 0 and tonumber(redis.call('ZRANGE', q.keys[state], 0, 0, 'WITHSCORES')[2])
    put('oldest_' .. state .. '_ms', digits(head and math.max(q.now - head, 0) or 0))
  end
  if counts.executing == 0 then return put('oldest_executing_ms', '0') end
  if counts.executing > LOOKED then return end
  local records, first = redis.call('HVALS', q.keys.executing), q.now
  for i = 1, #records do first = math.min(first, tonumber(record.read(records[i]).started) or q.now) end
  put('oldest_executing_ms', digits(q.now - first))
end

-- The gauges of monitoring: jobs in each state, and the ages of the oldest, as a flat list of name and value.
function M.gauges(q)
  local reply = {}
  local function put(name, value) reply[#reply + 1], reply[#reply + 2] = name, value end
  local counts = states.counts(q)
  for _, state in ipairs(states.all) do put(state, counts[state]) end
  local head = redis.call('ZRANGE', q.keys.lanes, 0, 0, 'WITHSCORES')[2]
  local _, since = queue.read_score(q, tonumber(head) or 0)
  put('oldest_available_ms', head and digits(math.max(q.now - since, 0)) or '0')
  put_ages(q, counts, put)
  return reply
end

-- outlines    On several queues: for each the number of cron entries, declared limits, overrides, lanes that wait at gates, and
--             dependencies that are off. Costs the same for any size of queue.
function M.outline(q)
  local reply, names = {}, { 'cron', 'limits', 'overrides', 'where', 'off' }
  for i = 1, #names do reply[i] = redis.call('HLEN', q.keys[names[i]]) end
  return reply
end

-- status      Jobs by state, whether paused, the ages of the oldest in ms, the depth limit, live workers, messages that have not
--             arrived, if any, how late the next tick of all cron entries is, if there is one, totals since ever.
function M.status(q)
  local reply = M.gauges(q)
  local function put(name, value) reply[#reply + 1], reply[#reply + 2] = name, value end
  local own = q.limits and q.limits.dimensions['*']
  if own and own.depth then put('depth', digits(own.depth)) end
  put('lanes', redis.call('ZCARD', q.keys.lanes))
  put('workers', redis.call('ZCOUNT', q.keys.workers, '(' .. digits(q.now), '+inf'))
  local outgoing = redis.call('ZCARD', q.keys.outbox)
  if outgoing > 0 then put('outgoing', outgoing) end
  local tick = redis.call('ZRANGE', q.keys.cron_next, 0, 0, 'WITHSCORES')[2]
  if tick then put('cron_late_ms', digits(math.max(q.now - tonumber(tick), 0))) end
  put('paused', q.paused or '')
  local rewound, behind = redis.call('HGET', q.keys.config, 'rewound'), rewind.behind(q)
  if q.config.rewind then put('rewinding', '1') end
  if rewound then put('rewound', rewound) end
  if behind then put('behind', digits(behind)) end
  put('now', digits(q.now))
  for _, state in ipairs({ 'completed', 'cancelled', 'discarded' }) do
    local count, age = ended.bounds(q, state)
    put('keeps_' .. state, digits(count) .. ' ' .. digits(age))
  end
  local totals = redis.call('HGETALL', q.keys.stats)
  for i = 1, #totals, 2 do put('total_' .. totals[i], totals[i + 1]) end
  return reply
end

-- The value of a job's index for people: end, due time, place, or record of the run.
local function moment(q, state, found)
  if states.is_ended(state) then return digits(ended.time(found)) end
  if state == 'available' or state == 'executing' then return record.shown(q, found) end
  return found
end

-- job id      Everything about one job, and the first hundred of its followers; an empty list if there is none.
function M.job(q, args)
  local id = args[1] or ''
  local state, found = states.of(q, id)
  if not state then return {} end
  local reply = { 'id', id, 'state', state, 'spec', redis.call('HGET', q.keys.spec, id), 'now', digits(q.now) }
  for _, column in ipairs(columns.all) do
    local value = redis.call('HGET', q.keys[column], id)
    if value and (column == 'place' or column == 'run') then value = record.shown(q, value) end
    if value then reply[#reply + 1], reply[#reply + 2] = column, value end
  end
  local after = keys.after(q.keys, id)
  local followers = redis.call('LRANGE', after, 0, 99)
  if #followers > 0 then
    local at = #reply
    reply[at + 1], reply[at + 2] = 'followers', table.concat(followers, ' ')
    reply[at + 3], reply[at + 4] = 'followers_count', digits(redis.call('LLEN', after))
  end
  found = moment(q, state, found)
  reply[#reply + 1], reply[#reply + 2] = state == 'executing' and 'record' or 'score', found
  return reply
end

-- linked target id…    On several queues: which of at most 999 jobs are in the queue and have a link to the target, such as
--                      `batch.ID`: a flat list of id, kind and state. Errors: BADARG.
function M.linked(q, args)
  local target, reply = arguments.word(args[1], 'target'), {}
  if #args < 2 or #args > queue.MOST then refuse('BADARG', 'the call needs a target and 1 to 999 ids') end
  for i = 2, #args do
    local id, is_linked = args[i], false
    local links = redis.call('HGET', q.keys.links, id) or ''
    for word in string.gmatch(links, '%S+') do is_linked = is_linked or word == target end
    local state = is_linked and states.of(q, id)
    if state then
      local at = #reply
      reply[at + 1], reply[at + 2], reply[at + 3] = id, columns.kind_of(redis.call('HGET', q.keys.spec, id)) or '', state
    end
  end
  return reply
end

local function page_of_zset(key, cursor, limit)
  local ids = redis.call('ZRANGE', key, cursor, cursor + limit - 1)
  return ids, #ids == limit and cursor + limit or 0
end

-- Runnable jobs over all lanes, the cursor being `lane-rank:job-rank` in the order of `lanes`.
local function page_of_available(q, cursor, limit)
  local lane_rank, rank = string.match(cursor, '^(%d+):(%d+)$')
  if not lane_rank and cursor ~= '0' or #cursor > 20 then refuse('BADARG', 'no such cursor') end
  lane_rank, rank = tonumber(lane_rank) or 0, tonumber(rank) or 0
  local ids = {}
  for _ = 1, 200 do
    local lane = redis.call('ZRANGE', q.keys.lanes, lane_rank, lane_rank)[1]
    if not lane then return ids, '0' end
    local some = redis.call('ZRANGE', keys.wait(q.keys, lane), rank, rank + limit - #ids - 1)
    for i = 1, #some do ids[#ids + 1] = some[i] end
    if #ids >= limit then return ids, lane_rank .. ':' .. (rank + #some) end
    lane_rank, rank = lane_rank + 1, 0
  end
  return ids, lane_rank .. ':0'
end

-- A page of ids in a state, and the next cursor as text, 0 at the end.
function M.page(q, state, cursor, limit)
  if state == 'available' then return page_of_available(q, cursor, limit) end
  if state == 'executing' then
    local place, skip = string.match(cursor, '^(%d+):?(%d*)$')
    local found = redis.call('HSCAN', q.keys.executing, arguments.cursor(place), 'COUNT', limit)
    local ids = {}
    for i = 1 + 2 * (tonumber(skip) or 0), #found[2], 2 do ids[#ids + 1] = found[2][i] end
    return ids, found[1]
  end
  local ids, next = page_of_zset(q.keys[state], arguments.number(cursor, 0, 1e15, 'cursor'), limit)
  return ids, digits(next)
end

local BYTES = 524288          -- of specs in one reply; the first comes whatever its size

-- The cursor behind the first n jobs of a page. Runs have no order: the cursor tells how many were listed.
local function cut(q, state, cursor, n)
  if state ~= 'executing' then return select(2, M.page(q, state, cursor, n)) end
  local place, skip = string.match(cursor, '^(%d+):?(%d*)$')
  return place .. ':' .. digits((tonumber(skip) or 0) + n)
end

-- list state cursor limit kind       One page of jobs in a state, of a kind if given; at most 512 KiB of specs.
-- Returns the next cursor (`0`: no more), the number looked at, and a flat list of id, spec, attempts, moment: due time, end,
-- record of the run, or score of the place, by state.
function M.list(q, args)
  local state, cursor, limit, kind = args[1], args[2] or '0', arguments.number(args[3] or 50, 1, 1000, 'limit'), args[4] or ''
  if not (state == 'available' or state == 'executing' or q.keys[state] and states.counts(q)[state]) then
    refuse('BADARG', 'no such state: ' .. tostring(state))
  end
  local ids, next = M.page(q, state, cursor, limit)
  local reply = {}
  if #ids == 0 then return { next, 0, reply } end
  local specs, attempts = redis.call('HMGET', q.keys.spec, unpack(ids)), columns.read(q, 'attempts', ids)
  local bytes = 0
  for i = 1, #ids do
    local spec = specs[i] or '{}'
    if kind == '' or columns.kind_of(spec) == kind then
      bytes = bytes + #spec
      if bytes > BYTES and #reply > 0 then return { cut(q, state, cursor, i - 1), i - 1, reply } end
      local _, found = states.of(q, ids[i])
      local at = #reply
      reply[at + 1], reply[at + 2], reply[at + 3] = ids[i], spec, attempts[i] or '0'
      reply[at + 4] = found and moment(q, state, found) or ''
    end
  end
  return { next, #ids, reply }
end

local MOVES = 100             -- entries of the stream looked at in one call

-- moves id [cursor]      The moves of a job from state to state, as far as the stream still tells, the newest first: {cursor,
--                        flat list of ms since 1970, from, to}. The cursor is empty at the end. Errors: BADARG.
function M.moves(q, args)
  local cursor, reply = args[2] or '', {}
  local id = ' ' .. arguments.word(args[1], 'id') .. ' '
  if cursor ~= '' and not string.find(cursor, '^%d+%-%d+$') then refuse('BADARG', 'no such cursor') end
  local page = redis.call('XREVRANGE', q.keys.events, cursor == '' and '+' or '(' .. cursor, '-', 'COUNT', MOVES)
  for i = 1, #page do
    local fields = page[i][2]
    if string.find(' ' .. fields[6] .. ' ', id, 1, true) then
      local at = #reply
      reply[at + 1], reply[at + 2], reply[at + 3] = string.match(page[i][1], '^%d+'), fields[2], fields[4]
    end
  end
  return { #page == MOVES and page[#page][1] or '', reply }
end

-- workers     A flat list of worker, lease end in ms from now, jobs held, info as JSON.
function M.workers(q)
  local reply = {}
  local all = redis.call('ZRANGE', q.keys.workers, 0, 999, 'WITHSCORES')
  for i = 1, #all, 2 do
    local at = #reply
    reply[at + 1], reply[at + 2] = all[i], digits(tonumber(all[i + 1]) - q.now)
    reply[at + 3] = redis.call('SCARD', keys.held(q.keys, all[i]))
    reply[at + 4] = redis.call('HGET', keys.worker(q.keys, all[i]), 'info') or '{}'
  end
  return reply
end

-- The fields of a row of history that are asked for: counts, and the runs of all kinds or of one. Kinds come as valid UTF-8.
local function chosen(row, kind)
  local flat = {}
  for i = 1, #row, 2 do
    local name = row[i]
    if string.byte(name) == 58 then
      name = kinds.shown(string.sub(name, 2))
      name = (kind == '' or kind == name) and ':' .. name or nil
    end
    if name then flat[#flat + 1], flat[#flat + 2] = name, row[i + 1] end
  end
  return flat
end

-- history from to [by] [kind]    What was counted in each minute of a span, at most a day; by `hour`, in each of at most 1,440
-- hours: a flat list of the minute or hour since 1970, flat list of name and number, and of `:KIND` and its runs as packed.lua
-- writes them. A span may come twice, in parts: its counts add up.
function M.history(q, args)
  q.is_looking = true
  local reply, by = {}, args[3] or 'minute'
  local from = arguments.number(args[1], 0, 1e10, 'from')
  local to = arguments.number(args[2], from, from + 1440, 'to')
  if by ~= 'minute' and by ~= 'hour' then refuse('BADARG', 'by must be minute or hour, not ' .. arguments.shown(by)) end
  for span = from, to do
    for _, row in ipairs(stats.rows(q, by, span)) do reply[#reply + 1], reply[#reply + 2] = span, chosen(row, args[4] or '') end
  end
  return reply
end
