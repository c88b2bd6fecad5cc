/**
 * What Redis does for one request, in one round trip: every limit is asked, and only if all of them (and the lease,
 * where there is one) have room is any of them charged. The same call brings the generations of what the caller has
 * cached, and the epoch, which is gone when Redis lost its contents.
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
 * KEYS: the epoch, a counter per limit, a generation per cached record, the lease's set if there is a lease.
 * ARGV: offset (ms), an epoch to plant, number of limits, number of generations, lease time (ms, 0 for none);
 *       per limit its quota, cost and length (ms, negative for a window of the clock); for a lease its quota and
 *       id; per seed the limit's number, what remains of its window (ms), its whole count, and calls to be added.
 * Returns: now, epoch, allowed (0/1), places held (-1 without a lease), used and end per limit, the generations.
 */
export const takeScript = defineScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local limits, generations, leaseTtl = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local stored = redis.call('MGET', unpack(KEYS, 1, 1 + limits + generations))

local epoch = stored[1]
if not epoch then
  epoch = ARGV[2]
  redis.call('SET', KEYS[1], epoch, 'PX', ${epochTtlMs})
end

local seeds = {}
for at = 6 + 3 * limits + (leaseTtl > 0 and 2 or 0), #ARGV, 4 do
  seeds[tonumber(ARGV[at])] = { tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]) }
end

local allowed = 1
local used, ends, costs, seeded = {}, {}, {}, {}
for i = 1, limits do
  local at = 3 + 3 * i
  local quota, cost, length = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local last = length > 0 and now + length or (math.floor(now / -length) + 1) * -length
  local count, finish = 0, last
  local running = false
  if stored[1 + i] then
    local storedCount, storedEnd = string.match(stored[1 + i], '^(%d+) (%d+)$')
    if tonumber(storedEnd) > now then
      running = true
      count, finish = tonumber(storedCount), math.min(tonumber(storedEnd), last)
    end
  end
  local seed = seeds[i]
  if seed and running and seed[3] ~= 0 then
    count, seeded[i] = math.max(0, count + seed[3]), true
  elseif seed and not running and seed[1] > 0 and seed[2] > 0 then
    count, finish, seeded[i] = seed[2], math.min(now + seed[1], last), true
  end
  if cost >= 0 and count + math.max(cost, 1) > quota then allowed = 0 end
  used[i], ends[i], costs[i] = count, finish, cost
end

local held = -1
if leaseTtl > 0 then
  local key, quota, id = KEYS[#KEYS], tonumber(ARGV[6 + 3 * limits]), ARGV[7 + 3 * limits]
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  held = redis.call('ZCARD', key)
  if held >= quota then allowed = 0 end
  if allowed == 1 then
    redis.call('ZADD', key, now + leaseTtl, id)
    redis.call('PEXPIRE', key, leaseTtl)
    held = held + 1
  end
end

local reply = { now, epoch, allowed, held }
for i = 1, limits do
  local before = used[i]
  if allowed == 1 then used[i] = math.max(0, before + costs[i]) end
  if seeded[i] or used[i] ~= before then
    local value = string.format('%d %d', used[i], ends[i])
    redis.call('SET', KEYS[1 + i], value, 'PX', math.max(1, ends[i] - now))
  end
  reply[#reply + 1] = used[i]
  reply[#reply + 1] = ends[i]
end
for i = 1, generations do
  reply[#reply + 1] = tonumber(stored[1 + limits + i] or 0)
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
