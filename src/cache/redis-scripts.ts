import { type RedisScript, defineScript } from "../redis/mod.ts";

// One sorted set (KEYS[1]) knows what was invalidated and when, by a counter. Marks have scores from 1; what is known of the cache itself
// has scores below 0, so that pruning never meets it: "#inc" (a random number, another one whenever the set was lost), "#n" (the counter),
// "#floor" (the newest mark that was pruned), "#run:<id>" (the server that it lives on), "#life:<namespace>" (the longest life of its values).
// It is one key, so that it is lost as a whole or not at all; and then all values are lost with it, because theirs is another "#inc".
const STATE = `
local M = KEYS[1]
local DAY = 86400000
local function known(name)
  local score = redis.call("ZSCORE", M, name)
  return score and -tonumber(score) - 1
end
local function create()
  redis.call("DEL", M)
  redis.call("ZADD", M, "-" .. ARGV[1], "#inc", -1, "#n", -1, "#floor", -1, "#run:" .. ARGV[2])
  redis.call("PEXPIRE", M, DAY)
end
if redis.call("EXISTS", M) == 0 then create() end
local inc = redis.call("ZSCORE", M, "#inc")
local function keep(milliseconds)
  if redis.call("PTTL", M) < milliseconds + DAY / 2 then redis.call("PEXPIRE", M, milliseconds + DAY) end
end
local function tick()
  return -tonumber(redis.call("ZINCRBY", M, -1, "#n")) - 1
end
local function marked(name, born)
  local score = redis.call("ZSCORE", M, name)
  return score and tonumber(score) > born
end
-- Whether nothing that a value depends on was invalidated after it was made. K: the key's own mark, as "<inc> <n>".
local function valid(K, born, namespace, tags)
  if born < known("#floor") or marked("*", born) or marked("n:" .. namespace, born) then return false end
  local mark = redis.call("GET", K)
  if mark then
    local markInc, n = string.match(mark, "^(%S+) (%d+)$")
    if markInc == inc and tonumber(n) > born then return false end
  end
  for tag in string.gmatch(tags, "[^\\n]+") do
    if marked("t:" .. tag, born) then return false end
  end
  return true
end
-- How long a key's mark must live: as long as what was stored before it, under whatever version, or is being made.
local function markLife(namespace)
  return (known("#life:" .. namespace) or 0) + 600000
end
local function free(L, token, channel, message)
  local holder = redis.call("GET", L)
  if holder ~= token and holder ~= token .. " w" then return 0 end
  redis.call("DEL", L)
  if holder ~= token then redis.call("PUBLISH", channel, message) end
  return 1
end
local function store(V, born, first)
  local namespace, freshFor, staleFor = ARGV[first], tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2])
  redis.call("DEL", V)
  redis.call("HSET", V, "i", inc, "b", born, "g", staleFor - freshFor, "t", ARGV[first + 3], "c", ARGV[first + 4],
    "e", ARGV[first + 5], "v", ARGV[first + 6])
  redis.call("PEXPIRE", V, staleFor)
  if (known("#life:" .. namespace) or -1) < staleFor then redis.call("ZADD", M, -staleFor - 1, "#life:" .. namespace) end
  keep(staleFor)
end
`;

const script = (name: string, body: string): RedisScript => defineScript({ name: `cache-${name}`, source: STATE + body });

// Everywhere: ARGV[1] an "#inc" to use when there is none, ARGV[2] the server's run id.

/** Forgets everything when the server is another one than before. */
export const ATTACH: RedisScript = script(
  "attach",
  `
if not redis.call("ZSCORE", M, "#run:" .. ARGV[2]) then create() end
keep(0)
return 1`,
);

/** KEYS: state, value, key mark, lease. ARGV: token or "", lease in ms, namespace. */
export const READ: RedisScript = script(
  "read",
  `
local V, K, L = KEYS[2], KEYS[3], KEYS[4]
local found = redis.call("HMGET", V, "i", "b", "t", "g", "c", "e")
local left = redis.call("PTTL", V)
local reply = { "none", "none", inc, tostring(known("#n")) }
if found[1] and found[1] == inc and left > 0 and valid(K, tonumber(found[2]), ARGV[5], found[3]) then
  local freshFor = left - tonumber(found[4])
  reply[1] = freshFor > 0 and "fresh" or "stale"
  reply[5], reply[6] = freshFor, left
  reply[7], reply[8], reply[9] = found[3], found[5], found[6]
  reply[10] = redis.call("HGET", V, "v")
end
if reply[1] ~= "fresh" and ARGV[3] ~= "" then
  local holder = redis.call("GET", L)
  if not holder then
    redis.call("SET", L, ARGV[3], "PX", ARGV[4])
    reply[2] = "granted"
  elseif holder == ARGV[3] or holder == ARGV[3] .. " w" then
    reply[2] = "granted"
  else
    if string.sub(holder, -2) ~= " w" then redis.call("SET", L, holder .. " w", "KEEPTTL") end
    reply[2] = "busy"
  end
end
return reply`,
);

/** KEYS: state, value, key mark, lease. ARGV: token or "", stamp, channel, message, then what is stored from ARGV[8]. */
export const WRITE: RedisScript = script(
  "write",
  `
local V, K, L = KEYS[2], KEYS[3], KEYS[4]
local stored = 0
if ARGV[4] == inc then
  local born = tonumber(ARGV[5])
  local there = redis.call("HMGET", V, "i", "b")
  local newer = there[1] == inc and tonumber(there[2]) > born
  if not newer and valid(K, born, ARGV[8], ARGV[11]) then
    store(V, born, 8)
    stored = 1
  end
end
if ARGV[3] ~= "" then free(L, ARGV[3], ARGV[6], ARGV[7]) end
return stored`,
);

/** KEYS: state, value, key mark, lease. ARGV: channel, message that it changed, message that it is there, then what is stored from ARGV[6]. */
export const REPLACE: RedisScript = script(
  "replace",
  `
local V, K, L = KEYS[2], KEYS[3], KEYS[4]
local n = tick()
store(V, n, 6)
redis.call("SET", K, inc .. " " .. n, "PX", markLife(ARGV[6]))
redis.call("PUBLISH", ARGV[3], ARGV[4])
if string.sub(redis.call("GET", L) or "", -2) == " w" then redis.call("PUBLISH", ARGV[3], ARGV[5]) end
return 1`,
);

/**
 * KEYS: state, then the key marks. ARGV: channel, message, how many marks are remembered, the namespaces of the keys, then names of tags,
 * namespaces or everything.
 */
export const INVALIDATE: RedisScript = script(
  "invalidate",
  `
local n = tick()
for index = 2, #KEYS do
  local life = markLife(ARGV[index + 4])
  redis.call("SET", KEYS[index], inc .. " " .. n, "PX", life)
end
for index = #KEYS + 5, #ARGV do redis.call("ZADD", M, n, ARGV[index]) end
local excess = redis.call("ZCOUNT", M, "(0", "+inf") - tonumber(ARGV[5])
if excess > 0 then
  local oldest = redis.call("ZRANGEBYSCORE", M, "(0", "+inf", "WITHSCORES", "LIMIT", 0, excess)
  redis.call("ZADD", M, -tonumber(oldest[#oldest]) - 1, "#floor")
  for index = 1, #oldest, 2 do redis.call("ZREM", M, oldest[index]) end
end
keep(0)
redis.call("PUBLISH", ARGV[3], ARGV[4])
return n`,
);

/** KEYS: state, lease. ARGV: token, channel, message. */
export const RELEASE: RedisScript = script("release", `return free(KEYS[2], ARGV[3], ARGV[4], ARGV[5])`);

/** KEYS: state, lease. ARGV: token, milliseconds. */
export const RENEW: RedisScript = script(
  "renew",
  `
local holder = redis.call("GET", KEYS[2])
if holder ~= ARGV[3] and holder ~= ARGV[3] .. " w" then return 0 end
return redis.call("PEXPIRE", KEYS[2], ARGV[4])`,
);
