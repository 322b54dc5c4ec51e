import Hiredis
package import SluiceCore

extension Store {
    /// Dependencies that are off for the whole namespace, including queues that are created later.
    package func dependenciesOff() async throws(SluiceError) -> [String] {
        let reply = try await send(["HGETALL", keys.dependencies], key: keys.dependencies)
        return reply.root.dictionary.filter { $0.value.string == "off" }.map(\.key).sorted()
    }

    /// Records for the whole namespace whether a dependency is on. The queues have to be switched one by one.
    /// - Throws: `invalidArgument` for a name that is not valid.
    package func note(_ dependency: String, isOn: Bool) async throws(SluiceError) {
        try DimensionName.check(dependency)
        _ = try await send(
            isOn ? ["HDEL", keys.dependencies, dependency] : ["HSET", keys.dependencies, dependency, "off"],
            key: keys.dependencies)
    }
}
