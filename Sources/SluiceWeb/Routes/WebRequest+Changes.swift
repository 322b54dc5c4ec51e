import SluiceCore
import SluiceInspector

extension WebRequest {
    /// The reason that a form gives for what it does.
    var reason: String { String((form["reason"] ?? "").prefix(500)) }

    /// The inspector in the name of who asks, so that the log of actions tells.
    var author: Inspector {
        inspector.acting(as: Operator(principal.name, via: .page, from: address), reason: reason)
    }

    /// Makes a change in the name of who asks for it, and lets the pages show it.
    func change<Value: Sendable>(_ body: (Inspector) async throws(SluiceError) -> Value) async throws -> Value {
        let result: Result<Value, SluiceError>
        do throws(SluiceError) {
            result = .success(try await body(author))
        } catch {
            result = .failure(error)
        }
        await site.changed()
        return try result.get()
    }
}
