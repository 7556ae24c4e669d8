import { type RedisScript, defineScript } from "../redis/mod.ts";

// Numbers of a rate are microseconds since 2025 in steps of 1/16: 64-bit floating point, which Lua computes with, holds them exactly until
// 2042 and longer than the server's own numbers stay microseconds. They are written with four decimals, for Lua's own way drops digits.
//
// A key holds the theoretical arrival time of a rate, or `<end of the window>:<units used>` of a quota, and expires when that
// means nothing any more.

/** Milliseconds since 1970 at which the numbers of rates begin: 2025. */
export const RATE_EPOCH = 1_735_689_600_000;
/** How finely time is told, per microsecond. */
export const RATE_GRID = 16;

/** Milliseconds that a window's key outlives it, for servers whose clocks are set back a little. */
const QUOTA_GRACE = 60_000;

// ARGV[1] is the time in those microseconds, or empty for the server's own; ARGV[2] is "take" or "peek". Then six for each key: kind
// (r or q), cost, whether it is a shadow, and for a rate its interval, horizon, and what the caller knows of the key's
// debt; for a quota its count, window and what the caller knows to be used, as `start:end:used`.
//
// The reply: the time, then for each key whether it passes and its number afterwards; or the time alone when it is in none of the
// windows that the caller took it to be in.
const COMMON = `
local now
-- Keys expire by the server's clock; where another is given, they stay for an hour more.
local grace = 0
if ARGV[1] == "" then
  local time = redis.call("TIME")
  now = (tonumber(time[1]) - ${RATE_EPOCH / 1_000}) * 1000000 + tonumber(time[2])
else
  now = tonumber(ARGV[1])
  grace = 3600000
end
local clock = math.floor(now / 1000) + ${RATE_EPOCH}
local stored = redis.call("MGET", unpack(KEYS))
local function write_rate(key, arrival)
  redis.call("SET", key, string.format("%.4f", arrival), "PX", string.format("%.0f", math.max(0, math.ceil((arrival - now) / 1000)) + 1 + grace))
end
local function write_quota(key, last, used)
  redis.call("SET", key, string.format("%.0f:%.0f", last, used), "PX", string.format("%.0f", math.max(0, last - clock) + ${QUOTA_GRACE} + grace))
end
local function read_quota(value)
  local last, used = string.match(value, "^(%d+):(%d+)$")
  return tonumber(last), tonumber(used)
end
`;

/** Takes or peeks. */
export const countScript: RedisScript = defineScript({
  name: "limits-count",
  source: `${COMMON}
local draws, all = {}, true
-- What earlier draws of this call would leave: one may draw twice of one key.
local left = {}
for i = 1, #KEYS do
  local at = 3 + (i - 1) * 6
  local cost, value = tonumber(ARGV[at + 1]), left[KEYS[i]] or stored[i]
  local draw
  if ARGV[at] == "r" then
    local interval, horizon, known = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
    local arrival = value and tonumber(value) or (known > 0 and now + known or 0)
    -- More than a burst just used up can only come from a clock that was set back.
    arrival = math.min(arrival, now + horizon)
    local after = math.max(arrival, now) + cost * interval
    draw = { rate = true, ok = after - now <= horizon, before = arrival, after = after }
  else
    local count = tonumber(ARGV[at + 3])
    local first, last, known = string.match(ARGV[at + 5], "^(-?%d+):(-?%d+):(%d+)$")
    first, last = tonumber(first), tonumber(last)
    if clock < first or clock >= last then return { string.format("%.4f", now) } end
    local used = tonumber(known)
    if value then
      local kept_last, kept_used = read_quota(value)
      -- A window that is still to come was counted before the clock was set back: it stays the one that counts.
      if kept_last >= last then last, used = kept_last, kept_used else used = 0 end
    end
    draw = { rate = false, ok = used + cost <= count, before = used, after = used + cost, last = last }
  end
  if not draw.ok and ARGV[at + 2] == "0" then all = false end
  if draw.ok then left[KEYS[i]] = draw.rate and string.format("%.4f", draw.after) or string.format("%.0f:%.0f", draw.last, draw.after) end
  draws[i] = draw
end
local reply = { string.format("%.4f", now) }
for i, draw in ipairs(draws) do
  local takes = draw.ok and all and ARGV[2] == "take"
  local number = takes and draw.after or draw.before
  if takes then
    if draw.rate then write_rate(KEYS[i], number) else write_quota(KEYS[i], draw.last, number) end
  end
  reply[#reply + 1] = draw.ok and "1" or "0"
  reply[#reply + 1] = draw.rate and string.format("%.4f", number) or string.format("%.0f:%.0f", draw.last, number)
end
return reply
`,
});

// Gives back: for each key its kind, what was taken (microseconds or units), and the number or the window's end that was left; below 0 for
// any window. The key stays as long as it would have: while it is there, nobody's older knowledge of it counts.
/** Gives back what was taken. */
export const giveBackScript: RedisScript = defineScript({
  name: "limits-give-back",
  source: `${COMMON}
for i = 1, #KEYS do
  local at = 2 + (i - 1) * 3
  local taken, mark, value = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), stored[i]
  if value and ARGV[at] == "r" then
    local due = math.min(taken, math.max(0, mark - now))
    redis.call("SET", KEYS[i], string.format("%.4f", tonumber(value) - due), "KEEPTTL")
  elseif value then
    local last, used = read_quota(value)
    if mark < 0 or last == mark then
      redis.call("SET", KEYS[i], string.format("%.0f:%.0f", last, math.max(0, used - taken)), "KEEPTTL")
    end
  end
end
return 1
`,
});
