-- progress worker id fence fraction note      The progress of a run, for display only. A webhook may hear of it.
-- `fraction` is 0 to 1, `note` a JSON string, cut at NOTE bytes. Returns 1. Errors: FENCED, BADARG, BADKEY, FORMAT. No event.
local arguments = require('arguments')
local json = require('json')
local notices = require('notices')
local record = require('record')
local utf8 = require('utf8')
local wake = require('wake')
local digits, refuse = arguments.digits, arguments.refuse

local NOTE = 4096             -- bytes

-- The note as JSON, or the call is refused.
local function read_note(text)
  if not text then return '""' end
  local is_string = string.find(text, '^"') and json.is_valid(text)
  if not is_string then refuse('BADARG', 'the note must be a JSON string, not ' .. arguments.shown(text)) end
  return #text <= NOTE and text or cjson.encode(utf8.cut(cjson.decode(text), NOTE))
end

function M.run(q, args)
  local id = record.own(q, args)
  local fraction, note = tonumber(args[4]), read_note(args[5])
  if not (fraction and fraction >= 0 and fraction <= 1) then refuse('BADARG', 'progress must be a number from 0 to 1') end
  redis.call('HSET', q.keys.progress, id,
    '{"at":' .. digits(q.now) .. ',"fraction":' .. string.format('%.4g', fraction) .. ',"note":' .. note .. '}')
  notices.progressed(q, id)
  -- Its worker relays the message, even if it has no free place and so listens to no token.
  if q.has_left then wake.ring(q, args[1]) end
  return 1
end
