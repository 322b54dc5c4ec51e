import Hiredis
import SluiceCore

/// Wake tokens and bells of queues in several slots.
///
/// A call that blocks at the wake list of a queue that wants no work any more would take tokens from idle workers of other
/// processes. A list of its own ends it: in that of the bell, a token of ours would keep the functions from ringing.
struct WakeKind: SlotKind {
    let keys: Keys

    /// The queues by slot, the slots first where a queue wants work. The last key of each is that which ends the call.
    func questions(wake: [QueueName], bells: [QueueName], _ worker: WorkerID) -> [SlotQuestion] {
        var slots: [QueueName: Int] = [:]
        var words: [Int: [String]] = [:]
        var ends: [Int: String] = [:]
        for queue in wake + bells where slots[queue] == nil {
            let slot = HashSlot.of(keys.base(queue))
            slots[queue] = slot
            ends[slot] = min(ends[slot] ?? "\u{7F}", keys.listenerEnd(queue, worker))
        }
        func slot(of queue: QueueName) -> Int { slots[queue] ?? 0 }
        for queue in bells { words[slot(of: queue), default: []].append(keys.bell(queue, worker)) }
        for queue in wake { words[slot(of: queue), default: []].append(keys.wake(queue)) }
        var isAsked: Set<Int> = []
        return (wake + bells).map(slot).filter { isAsked.insert($0).inserted }.map { slot in
            SlotQuestion(slot: slot, words: (words[slot] ?? []) + (ends[slot].map { [$0] } ?? []))
        }
    }

    func blocking(_ words: [String], for limit: Duration) -> RedisCommand {
        RedisCommand(["BLPOP"] + words + ["\(max(limit.seconds, 0.05))"])
    }

    func items(_ reply: RedisValue) -> [WakeListener.Token] { reply[0].string.flatMap(token(of:)).map { [$0] } ?? [] }

    func asking(_ words: [String]) -> [RedisCommand] {
        words.filter { !Self.isEnd($0) }.map { ["LPOP", $0] }
    }

    func items(_ reply: RedisValue, of command: Int, _ words: [String]) -> [WakeListener.Token] {
        reply.isNull ? [] : token(of: words[command]).map { [$0] } ?? []
    }

    static func mustEnd(_ present: [String], _ wanted: [String]) -> Bool { Set(present) != Set(wanted) }

    func ending(_ words: [String]) -> [RedisCommand]? {
        words.last.map { [["RPUSH", $0, "1"], ["PEXPIRE", $0, "60000"]] }
    }

    private static func isEnd(_ key: String) -> Bool { key.drop { $0 != "}" }.hasPrefix("}:hush:") }

    /// What a key's token means; nil for that which only ends a call.
    private func token(of key: String) -> WakeListener.Token? {
        let name = key.drop { $0 != "{" }.dropFirst().prefix { $0 != "}" }
        guard let queue = try? QueueName(String(name)), !Self.isEnd(key) else { return nil }
        return key == keys.wake(queue) ? .wake(queue) : .bell(queue)
    }
}
