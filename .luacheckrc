stds.redis = { read_globals = { redis = { fields = { 'call', 'pcall', 'error_reply', 'status_reply', 'sha1hex', 'log', 'register_function', 'setresp' } },
 'cjson','cmsgpack','bit','struct','string','table','math','tonumber','tostring','pairs','ipairs','next','type','select','unpack','error','pcall','assert','setmetatable','getmetatable','rawget','rawset','rawequal','require','PROTOCOL','REVISION','PINNED' } }
std = 'redis'
max_line_length = 130
