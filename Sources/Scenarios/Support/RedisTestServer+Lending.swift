import Foundation
package import SluiceTesting

extension RedisTestServer {
    /// Lends a server, and returns when nothing is left of it.
    package static func lend<Value>(_ options: Options, _ body: (RedisTestServer) async throws -> Value) async throws -> Value {
        var directory = ""
        let result: Result<Value, any Error>
        do {
            let server = try await RedisTestServer.start(options)
            directory = server.directory
            result = .success(try await body(server))
        } catch {
            result = .failure(error)
        }
        // The keeper of the server removes the directory after its end. That is waited for even when this process stops.
        await Task { [directory] in
            for _ in 0..<500 where FileManager.default.fileExists(atPath: directory) {
                try? await Task.sleep(for: .milliseconds(10))
            }
        }.value
        return try result.get()
    }
}
