-- What a function of a Redis 7 library finds when it runs, and nothing else: Lua 5.1 without os, io, print and load.
-- `require` and `M` are our own: the library text wraps each file of lua/ in a function that gets its table as `M`.
local function names(text)
    local fields = {}
    for name in text:gmatch("%S+") do fields[name] = {} end
    return {fields = fields}
end

stds.redis = {
    read_globals = {
        M = {other_fields = true, read_only = false},
        "require", "PROTOCOL", "REVISION", "PINNED",
        "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawset",
        "select", "setmetatable", "tonumber", "tostring", "type", "unpack",
        redis = names [[
            call pcall error_reply status_reply sha1hex log setresp set_repl acl_check_cmd register_function
            LOG_DEBUG LOG_VERBOSE LOG_NOTICE LOG_WARNING REDIS_VERSION REDIS_VERSION_NUM
            REPL_ALL REPL_AOF REPL_NONE REPL_REPLICA REPL_SLAVE
        ]],
        cjson = names [[
            encode decode null encode_sparse_array encode_max_depth decode_max_depth encode_number_precision
            encode_keep_buffer encode_invalid_numbers decode_invalid_numbers new
        ]],
        cmsgpack = names "pack unpack unpack_one unpack_limit",
        bit = names "tobit tohex bnot band bor bxor lshift rshift arshift rol ror bswap",
        struct = names "pack unpack size",
        string = names "byte char find format gmatch gsub len lower match rep reverse sub upper",
        table = names "concat insert maxn remove sort",
        -- No random: Redis seeds it alike at every start, so its values repeat.
        math = names [[
            abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min modf pi pow
            rad sin sinh sqrt tan tanh
        ]],
    },
}
std = "redis"
max_line_length = 130
