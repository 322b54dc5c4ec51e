package import Hiredis
package import SluiceCore

/// Declares all limits in the code of a queue: `lua/limits/declare.lua`. Without limits, it removes those in force.
package struct Declare: StoreFunction {
    package static let name = "declare"

    package enum Result: String, Sendable {
        /// The declaration in force is the same.
        case same
        /// The new declaration is in force.
        case taken
        /// Another declaration stays in force: this deploy is lower, and a worker of the queue is live.
        case kept
    }

    package struct Reply: Sendable {
        package var result: Result
        /// The deploy of the declaration in force.
        package var deploy: Int
        /// Rises whenever a worker changes the declaration.
        package var declared: Int
    }

    package var deploy: Int
    package var limits: [Limit]

    package init(deploy: Int, limits: [Limit]) {
        self.deploy = deploy
        self.limits = limits
    }

    package var size: (arguments: Int, bytes: Int) { (1 + 2 * limits.count, 32 + 64 * limits.count) }

    package func write(into command: inout RedisCommand) {
        command.append(deploy)
        for limit in limits {
            command.append(limit.name)
            command.append(limit.value)
        }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let result = reply[0].string.flatMap(Result.init(rawValue:)), let deploy = reply[1].integer,
            let declared = reply[2].integer
        else { throw malformed(Self.name) }
        return Reply(result: result, deploy: deploy, declared: declared)
    }
}
