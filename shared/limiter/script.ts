/**
 * What Redis does for the requests of one turn of the event loop, in one round trip. For each request every limit is
 * asked, and only if all of them (and the lease, where there is one) have room is any of them charged. The same call
 * brings the generations of what the callers have cached, and the epoch, which is gone when Redis lost its contents.
 * Requests are decided in their order, and each sees what those before it have charged: a gathered call decides
 * exactly as the same requests one by one.
 *
 * A counter is one string, "used end", that expires with its window: written with its expiry, never without, and
 * never given a longer one by a later call. Time is Redis's own plus an offset, so that all processes agree.
 *
 * Seeds carry what a process counted alone while Redis was away: calls to be added to a window that still runs, or
 * the whole count where Redis forgot the window. Without them an outage would hand out a fresh allowance.
 *
 * decide.ts says the same for one process; keep the two together.
 */
import { defineScript } from '../redis/redis.js';

/** Long enough that a cached record has been read again before its generation is forgotten. */
export const generationTtlMs = 15 * 60 * 1000;

/** When the epoch expires, caches are emptied once for nothing. */
const epochTtlMs = 24 * 60 * 60 * 1000;

/**
 * KEYS: the epoch, then each counter and generation once, then the sets of leases.
 * ARGV: offset (ms), an epoch to plant, number of keys that are no sets, number of requests; then per request: number
 *       of limits, of generations and of seeds, lease time (ms, 0 for none); per limit its key (as a place in KEYS),
 *       quota, cost and length (ms, negative for a window of the clock); per generation its key; for a lease its key,
 *       quota and id; per seed the limit's number, what remains of its window (ms), its whole count, and calls to be
 *       added.
 * Returns: now, epoch; then per request: allowed (0/1), leases held (-1 without a lease), used and end per limit, the
 *       generations.
 */
export const takeScript = defineScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local stored = redis.call('MGET', unpack(KEYS, 1, tonumber(ARGV[3])))

local epoch = stored[1]
if not epoch then
  epoch = ARGV[2]
  redis.call('SET', KEYS[1], epoch, 'PX', ${epochTtlMs})
end

local reply = { now, epoch }
local at = 4
local function read()
  at = at + 1
  return tonumber(ARGV[at])
end

local counts, finishes, written = {}, {}, {}
for i = 1, tonumber(ARGV[3]) do
  local count, finish
  if stored[i] then count, finish = string.match(stored[i], '^(%d+) (%d+)$') end
  if count then counts[i], finishes[i] = tonumber(count), tonumber(finish) end
end

for request = 1, tonumber(ARGV[4]) do
  local limits, generations, seedCount, leaseTtl = read(), read(), read(), read()
  local first = at
  at = at + 4 * limits
  local generationsAt = at
  at = at + generations
  local leaseAt = at
  if leaseTtl > 0 then at = at + 3 end
  local seeds = {}
  for i = 1, seedCount do seeds[read()] = { read(), read(), read() } end

  local allowed = 1
  local keys, used, ends, costs, seeded = {}, {}, {}, {}, {}
  for i = 1, limits do
    local base = first + 4 * (i - 1)
    local key, quota, cost, length =
      tonumber(ARGV[base + 1]), tonumber(ARGV[base + 2]), tonumber(ARGV[base + 3]), tonumber(ARGV[base + 4])
    local last = length > 0 and now + length or (math.floor(now / -length) + 1) * -length
    local count, finish = 0, last
    local running = finishes[key] ~= nil and finishes[key] > now
    if running then count, finish = counts[key], math.min(finishes[key], last) end
    local seed = seeds[i]
    if seed and running and seed[3] ~= 0 then
      count, seeded[i] = math.max(0, count + seed[3]), true
    elseif seed and not running and seed[1] > 0 and seed[2] > 0 then
      count, finish, seeded[i] = seed[2], math.min(now + seed[1], last), true
    end
    if cost >= 0 and count + math.max(cost, 1) > quota then allowed = 0 end
    keys[i], used[i], ends[i], costs[i] = key, count, finish, cost
  end

  local held = -1
  if leaseTtl > 0 then
    local set, quota, id = KEYS[tonumber(ARGV[leaseAt + 1])], tonumber(ARGV[leaseAt + 2]), ARGV[leaseAt + 3]
    redis.call('ZREMRANGEBYSCORE', set, '-inf', now)
    held = redis.call('ZCARD', set)
    if held >= quota then allowed = 0 end
    if allowed == 1 then
      redis.call('ZADD', set, now + leaseTtl, id)
      redis.call('PEXPIRE', set, leaseTtl)
      held = held + 1
    end
  end

  reply[#reply + 1] = allowed
  reply[#reply + 1] = held
  for i = 1, limits do
    local before = used[i]
    if allowed == 1 then used[i] = math.max(0, before + costs[i]) end
    if seeded[i] or used[i] ~= before then
      counts[keys[i]], finishes[keys[i]], written[keys[i]] = used[i], ends[i], true
    end
    reply[#reply + 1] = used[i]
    reply[#reply + 1] = ends[i]
  end
  for i = 1, generations do
    reply[#reply + 1] = tonumber(stored[tonumber(ARGV[generationsAt + i])] or 0)
  end
end

for key in pairs(written) do
  local value = string.format('%d %d', counts[key], finishes[key])
  redis.call('SET', KEYS[key], value, 'PX', math.max(1, finishes[key] - now))
end
return reply
`);

/**
 * KEYS: generations. ARGV: the number to raise them to. A generation never sinks; raising it again to the same
 * number lengthens its life.
 */
export const raiseScript = defineScript(`
for i = 1, #KEYS do
  if tonumber(ARGV[1]) >= tonumber(redis.call('GET', KEYS[i]) or 0) then
    redis.call('SET', KEYS[i], ARGV[1], 'PX', ${generationTtlMs})
  end
end
return 1
`);

/**
 * KEYS: the lease's set. ARGV: offset (ms), id, time to live (ms), quota, and 1 if the lease may be entered again
 * because Redis may have forgotten it. Without that a lease that ran out stays out. Returns 1 if it is held.
 */
export const renewScript = defineScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local there = redis.call('ZSCORE', KEYS[1], ARGV[2])
if not there and (ARGV[5] ~= '1' or redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4])) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`);
