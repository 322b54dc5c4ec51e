/// A reply that owns all of its values. Copies share the storage, so passing it on is cheap.
package struct RedisReply: Hashable, Sendable {
    let tape: ReplyTape

    package var root: RedisValue { RedisValue(tape: tape, index: 0) }

    package static func == (left: Self, right: Self) -> Bool {
        left.tape === right.tape || (left.tape.nodes == right.tape.nodes && left.tape.text == right.tape.text)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(tape.nodes)
        hasher.combine(tape.text)
    }
}
