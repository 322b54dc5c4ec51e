-- Notifications: a webhook hears of a job's end, and of its progress if it asks for that. The column `links` has a line,
--   notify EVENTS URL      the events joined by commas: progress, ended, or failed for an end other than completed
-- and each such change becomes a notice. The call that makes the change writes it, from the data that it has written: the spec of
-- a job of queue `webhooks`, to which the relay brings it. `notified` holds the version of a job's last notice; versions rise for
-- ever.
-- The notices of a job that have not arrived are one message (outbox.lua), `notify:JOB`, so that each relay carries them all, in
-- order:
-- `notify.QUEUE JOB FIRST LAST GIVEN`, a line feed, and for each `VERSION EVENT ID HOST LENGTH:` and its spec. A relay may have
-- all up to the version GIVEN. Of progress that has not gone out only the newest is kept. What has gone out stays until it has
-- arrived: without it, a later relay would overtake the one that has it.
local arguments = require('arguments')
local columns = require('columns')
local hosts = require('hosts')
local json = require('json')
local links = require('links')
local members = require('members')
local outbox = require('outbox')
local queue = require('queue')
local spec = require('spec')
local utf8 = require('utf8')
local digits, refuse = arguments.digits, arguments.refuse

local URL = 2048              -- bytes
local ID = 110                -- bytes of an id that goes into that of a notice as it is
local RESULT = 65536          -- bytes of a result above which it is left out

-- Reads `notify` of a job's options. Returns the line of its links, or refuses the call.
function M.read(notify)
  if type(notify) ~= 'table' or type(notify.url) ~= 'string' then refuse('BADARG', 'notify must be {"url":…,"on":[…]}') end
  members.check_known(notify, { url = true, on = true }, 'notify')
  local host = string.find(notify.url, '^[!-~]+$') and string.match(notify.url, '^https?://([^/?#]+)')
  if not host or #notify.url > URL or string.find(host, '[@\\]') or string.find(host, '^:') or string.find(host, '^%[%]') then
    refuse('BADARG', 'the URL of notify must be http or https, of at most ' .. URL .. ' printable characters, without a user')
  end
  local on = notify.on
  if on == nil then on = { 'ended' } end
  if type(on) ~= 'table' then refuse('BADARG', 'on of notify must be a list of events') end
  local wanted = {}
  for key, event in pairs(on) do
    if type(key) ~= 'number' or event ~= 'progress' and event ~= 'ended' and event ~= 'failed' then
      refuse('BADARG', 'an event of notify must be progress, ended or failed')
    end
    wanted[event] = true
  end
  if next(wanted) == nil then refuse('BADARG', 'notify needs at least one event') end
  local events = {}
  if wanted.progress then events[1] = 'progress' end
  if wanted.ended or wanted.failed then events[#events + 1] = wanted.ended and 'ended' or 'failed' end
  return 'notify ' .. table.concat(events, ',') .. ' ' .. notify.url
end

-- The option of such a line.
function M.option(line)
  local events, url = string.match(line, '^notify (%S+) (%S+)$')
  local on = {}
  for event in string.gmatch(events, '[^,]+') do on[#on + 1] = event end
  return { url = url, on = on }
end

-- The message of a job's last error, as JSON, or nil.
local function last_error(q, id)
  local line = string.match(redis.call('HGET', q.keys.errors, id) or '', '([^\n]*)$')
  local valid, found = pcall(cjson.decode, line)
  local text = valid and type(found) == 'table' and found.error
  if type(text) == 'table' then text = text.message end
  return type(text) == 'string' and cjson.encode(text) or nil
end

-- The part of the body for a result, with its comma.
local function result_of(q, id)
  local result = redis.call('HGET', q.keys.result, id)
  if not result then return '' end
  if string.find(result, '^{"key":"[^"]*","sealed":"[^"]*"}$') then return ',"result_omitted":"sealed"' end
  if #result > RESULT then return ',"result_omitted":"large"' end
  if not json.is_valid(result) then return ',"result_omitted":"unreadable"' end
  return ',"result":' .. result
end

-- The body for the webhook, as JSON.
local function body(q, id, about)
  local parts = {
    '{"id":', cjson.encode(about.id), ',"event":"', about.event, '","job":', cjson.encode(id), ',"queue":"', about.queue,
    '","kind":', cjson.encode(columns.kind_of(about.spec) or ''), ',"state":"', about.state,
    '","version":', digits(about.version), ',"time":', digits(q.now),
  }
  local progress = redis.call('HGET', q.keys.progress, id)
  if about.is_closed then
    parts[#parts + 1] = ',"result_omitted":"unreadable"}'
    return table.concat(parts)
  end
  if progress and json.is_valid(progress) then parts[#parts + 1] = ',"progress":' .. progress end
  if about.state == 'completed' then
    parts[#parts + 1] = result_of(q, id)
  elseif about.event == 'ended' then
    local failure = last_error(q, id)
    if failure then parts[#parts + 1] = ',"error":' .. failure end
  end
  parts[#parts + 1] = '}'
  return table.concat(parts)
end

-- The member `redact` for the job that tells of a job, as JSON; nil if the redacted names cannot be read, and nothing of the job
-- may be shown.
local function redacted(text)
  if not string.find(text, '"redact"', 1, true) then return '' end
  local names = spec.redacted(text)
  return names and (#names > 0 and ',"redact":' .. cjson.encode(names) or '')
end

-- A job has changed in a way that a line of its links may ask for. `state` is its state now, or `deleted`.
function M.tell(q, line, id, event, state)
  local events, url = string.match(line, '^notify (%S+) (%S+)$')
  if not events then return end
  local wanted = event == 'ended' and state ~= 'completed' and string.find(events, 'failed', 1, true)
    or string.find(events, event, 1, true)
  if not wanted then return end
  local target = redis.call('HGET', q.keys.target, id)
  local about = {
    event = event, state = state, version = queue.sequence(q, 1), spec = redis.call('HGET', q.keys.spec, id) or '{}',
    queue = target and string.match(target, '^%S+') or string.match(q.keys.base, '{(.+)}'),
  }
  local name = #id <= ID and id or string.sub(id, 1, ID - 41) .. '~' .. redis.sha1hex(id)
  about.id = name .. ':' .. digits(about.version)
  redis.call('HSET', q.keys.notified, id, digits(about.version))
  about.host = hosts.of(url)
  local hidden = redacted(about.spec)
  about.is_closed = not hidden
  local text = '{"kind":"webhook","partitions":{"host":' .. cjson.encode(about.host) .. '},"chain":'
    .. cjson.encode(about.queue .. '/' .. id) .. (hidden or '') .. ',"args":{"url":' .. cjson.encode(url)
    .. ',"body":' .. body(q, id, about) .. '}}'
  -- Specs written by hand, or by another program, may be no UTF-8, and receivers read JSON.
  outbox.put_notice(q, id, about, utf8.mended(text))
end

-- A run has reported progress.
function M.progressed(q, id)
  if not links.is_used(q) then return end
  for line in string.gmatch(redis.call('HGET', q.keys.links, id) or '', '[^\n]+') do
    if string.find(line, '^notify ') then M.tell(q, line, id, 'progress', 'executing') end
  end
end

-- Reads the message of a job: {queue, first, last, given, list}, with notices {version, event, text}; nil for none.
function M.parse(text)
  local target, first, last, given, at = string.match(text or '', '^notify%.(%S+) %S+ (%d+) (%d+) (%d+)\n()')
  if not target then return nil end
  local list = {}
  while at <= #text do
    local version, event, length, from = string.match(text, '^(%d+) (%S+) %S+ %S+ (%d+):()', at)
    if not version then break end
    list[#list + 1] = { version = tonumber(version), event = event, text = string.sub(text, at, from + length - 1) }
    at = from + length
  end
  return { queue = target, first = tonumber(first), last = tonumber(last), given = tonumber(given), list = list }
end

-- The text of a message, and the version of its last notice; nil without notices. `given` is the last version that went out.
function M.join(target, id, list, given)
  if #list == 0 then return nil end
  local parts = {}
  local last = list[#list].version
  for i = 1, #list do parts[i] = list[i].text end
  local head = 'notify.' .. target .. ' ' .. id .. ' ' .. digits(list[1].version) .. ' ' .. digits(last) .. ' ' .. digits(given)
  return head .. '\n' .. table.concat(parts), last
end

-- Adds a notice to those of a job that have not arrived, as M.parse returns them. Those up to the version `given` went out.
function M.add(list, about, text, given)
  local last = list[#list]
  if about.event == 'progress' and last and last.event == 'progress' and last.version > given then list[#list] = nil end
  local head = digits(about.version) .. ' ' .. about.event .. ' ' .. about.id .. ' ' .. about.host
    .. ' ' .. #text .. ':'
  list[#list + 1] = { version = about.version, event = about.event, text = head .. text }
end
