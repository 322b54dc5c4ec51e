package import Hiredis
package import SluiceCore

/// Sets messages aside that cannot be read here, so that they are not handed out again and again: `lua/relay/aside.lua`. At most
/// 1,000 in a call. The reply is how many were set aside.
package struct SetAside: StoreFunction {
    package static let name = "set_aside"

    package var messages: [String]

    package init(_ messages: [String]) { self.messages = messages }

    package func write(into command: inout RedisCommand) {
        for message in messages { command.append(message) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Int {
        guard let count = reply.integer else { throw malformed(Self.name) }
        return count
    }
}
