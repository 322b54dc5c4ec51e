import Foundation
import Sluice
import SluiceCore
import SluiceStore
import SluiceToolSupport

/// A function of ten HSETs, in a library of its own: about the work of a job, without anything of Sluice.
struct BenchFunction {
    /// The name of the library and of its function. Measurements on one server at the same time have different ones.
    private let name = "benchmark_\(UUID().uuidString.prefix(8).lowercased())"
    private let store: Store
    private let key: String
    private let payload: String

    private init(_ client: SluiceClient, payload: Int) {
        store = client.store
        key = "\(client.store.keys.namespace):hsets"
        self.payload = String(repeating: "x", count: payload)
    }

    /// Lends the function, and deletes its library. Lends nil, and says so, if this user may not load or delete functions.
    static func lend(
        _ client: SluiceClient, payload: Int, _ body: (BenchFunction?) async throws -> Void
    ) async throws {
        let function = BenchFunction(client, payload: payload)
        guard try await function.load() else {
            Terminal.complain("ten HSETs in a function are not measured: this user may not load or delete functions")
            return try await body(nil)
        }
        do {
            try await body(function)
        } catch {
            try? await function.delete()
            throw error
        }
        try await function.delete()
    }

    /// One call, which returns when its answer is there.
    func call() async throws(SluiceError) { try await store.run(command, key: key) }

    /// Calls, as many in one flush as there are commands of a kind in one flush of the floor.
    func pipelined(_ count: Int) async throws -> Stretch {
        let flushes = max(count / BenchModes.deep, 1)
        let flush = [[String]](repeating: command, count: BenchModes.deep)
        return try await Stretch.measure(ServerMeter(store: store), count: flushes * BenchModes.deep) {
            for _ in 0..<flushes { try await store.run(flush, key: key) }
        }
    }

    private var command: [String] { ["FCALL", name, "1", key, payload] }

    private var text: String {
        """
        #!lua name=\(name)
        redis.register_function('\(name)', function(keys, args)
            for field = 1, 10 do redis.call('HSET', keys[1], field, args[1]) end
        end)
        """
    }

    /// - Returns: false if the user may not load functions, or may not delete them.
    private func load() async throws(SluiceError) -> Bool {
        guard try await mayDelete() else { return false }
        do {
            try await store.run(["FUNCTION", "LOAD", text], key: key)
            return true
        } catch {
            if error.isRefusal { return false }
            throw error
        }
    }

    /// Deletes what is not there yet, since a library that stays would be worse than a figure that is missing.
    private func mayDelete() async throws(SluiceError) -> Bool {
        do {
            try await store.run(["FUNCTION", "DELETE", name], key: key)
        } catch {
            if error.isRefusal { return false }
            guard error.message.contains("Library not found") else { throw error }
        }
        return true
    }

    private func delete() async throws(SluiceError) {
        try await store.run(["FUNCTION", "DELETE", name], key: key)
        try await store.run(["UNLINK", key], key: key)
    }
}

extension SluiceError {
    /// Whether the user may not send the command, or the server has removed it.
    fileprivate var isRefusal: Bool { code == .permission || message.contains("unknown command") }
}
