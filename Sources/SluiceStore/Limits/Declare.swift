package import Hiredis
package import SluiceCore

/// The limits that the code of a queue declares, all of them: `lua/limits/declare.lua`. None lifts those that stand.
package struct Declare: StoreFunction {
    package static let name = "declare"

    package enum Result: String, Sendable {
        /// What stands is equal.
        case same
        /// What was declared stands now.
        case taken
        /// Something else stands and goes on standing: this deploy is lower, and a worker of the queue lives.
        case kept
    }

    package struct Reply: Sendable {
        package var result: Result
        /// Of the declaration that stands.
        package var deploy: Int
        /// Rises whenever a worker declares something else than what stands.
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
