-- All that is decided inside of Redis. One body for a library of functions and for EVALSHA: fence_function.c adds the
-- first line and the last. Each operation answers 1, or 0 when it refused and wrote nothing.
local operations = {}

-- keys: hash; args: 'write', ledger, off, born, then field, value, … What the caller believes of (ledger, off, born) must
-- be what the hash says; three empty texts stand for no hash. HSET is the only command that writes: a batch is one entry of the
-- append-only file, which is there or is not.
function operations.write(keys, args)
    if args[2] == '' then
        if redis.call('EXISTS', keys[1]) == 1 then
            return 0
        end
    else
        local found = redis.call('HMGET', keys[1], 'ledger', 'off', 'born')
        if found[1] ~= args[2] or found[2] ~= args[3] or found[3] ~= args[4] then
            return 0
        end
    end
    local done = redis.pcall('HSET', keys[1], unpack(args, 5))
    return type(done) == 'table' and done or 1
end

-- keys: live, shadow, hash of what was published; args: 'replace'. Refused without a shadow. A file that is torn between
-- the commands leaves no live hash but the shadow, which is a rebuild that only has to be finished. The ledger that the
-- shadow was made from may end before what was published; as the later state it would keep out all that follows.
function operations.replace(keys)
    if redis.call('EXISTS', keys[2]) == 0 then
        return 0
    end
    redis.call('UNLINK', keys[3], keys[1])
    redis.call('RENAME', keys[2], keys[1])
    return 1
end

-- keys: hash; args: 'contest', ledger, version, json. Refused when the hash is another ledger's; an older version than
-- the one that is there changes nothing.
function operations.contest(keys, args)
    local found = redis.call('HMGET', keys[1], 'ledger', 'version')
    if found[1] and found[1] ~= args[2] then
        return 0
    end
    if found[2] and (tonumber(found[2]) or 0) >= tonumber(args[3]) then
        return 1
    end
    local done = redis.pcall('HSET', keys[1], 'ledger', args[2], 'version', args[3], 'json', args[4])
    return type(done) == 'table' and done or 1
end

-- Whether all numbers of one list are at least those of another one, at the same places.
local function reaches(ours, theirs)
    local next_of_ours = string.gmatch(ours, '%d+')
    for number in string.gmatch(theirs, '%d+') do
        if tonumber(next_of_ours() or 0) < tonumber(number) then
            return false
        end
    end
    return true
end

-- What a hash has besides the fields args[from], args[from + 2], …
local function other_fields(key, args, from)
    local kept, others = {}, {}
    for i = from, #args, 2 do
        kept[args[i]] = true
    end
    for _, field in ipairs(redis.call('HKEYS', key)) do
        if not kept[field] then
            others[#others + 1] = field
        end
    end
    return others
end

-- keys: hash of partition 0, hash of what was published, public view; args: 'publish', ledger, the next offset of each
-- partition ("17 22"), 'hash' or 'string', then field, value, … or the value. Refused when a later state of this ledger
-- was published, and when the tally is another ledger's by now. What was published of a view is ledger .. offsets; it
-- comes back from a file or a replica together with the tally that it was read from.
function operations.publish(keys, args)
    local view, ledger, offsets, kind = keys[3], args[2], args[3], args[4]
    if redis.call('HGET', keys[1], 'ledger') ~= ledger then
        return 0
    end
    local published = redis.call('HGET', keys[2], view)
    if published and string.sub(published, 1, #ledger) == ledger
        and not reaches(offsets, string.sub(published, #ledger + 1)) then
        return 0
    end
    local found = redis.call('TYPE', view).ok
    if found ~= 'none' and found ~= kind then
        return redis.error_reply('WRONGTYPE the view ' .. view .. ' is a ' .. found)
    end
    local done = redis.pcall('HSET', keys[2], view, ledger .. offsets)
    if type(done) == 'table' then
        return done
    end
    if kind == 'string' then
        redis.call('SET', view, args[5])
        return 1
    end
    if #args > 4 then
        redis.call('HSET', view, unpack(args, 5))
    end
    local gone = other_fields(view, args, 5)
    for i = 1, #gone, 1000 do
        redis.call('HDEL', view, unpack(gone, i, math.min(i + 999, #gone)))
    end
    return 1
end

local function fence(keys, args)
    return operations[args[1]](keys, args)
end
