import Sluice
import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The idempotency key of one step of one job. It is made once, and is the same in all runs of the job.
public struct OnceToken: Hashable, Sendable, CustomStringConvertible {
    /// An id of its own, to be sent along with the request.
    public let text: String

    package init(text: String) { self.text = text }

    /// The id.
    public var description: String { text }
}

extension JobContext {
    /// Runs a step once, however often the job runs: a charge, a mail, a call that must not be repeated.
    ///
    /// ```swift
    /// let charge = try await context.once("charge") { token in
    ///     try await bank.charge(order, idempotencyKey: token.text)
    /// }
    /// ```
    /// Redis stores the token before the closure runs, and the result after it. A later run of the job gets the recorded result
    /// without running the closure. If it finds only the token, because a run ended in between, it runs the closure with that
    /// token. So the step takes effect exactly once at a receiver that honours the token, and at least once at any other, since a
    /// worker can die between the effect and its record. An error of the closure records nothing.
    ///
    /// Records stay until the job is removed, even through an operator's retry. The steps of one job may take up to 256 KiB,
    /// results and keys together.
    /// - Parameters:
    ///   - key: names the step within its job: 1 to 128 printable ASCII characters without spaces.
    ///   - body: the step, called with the token.
    /// - Returns: The recorded result. If two calls with one key overlap, both may run the closure, and both return the result
    ///   that was recorded first.
    /// - Throws: `fenced` if this run is over, because its lease ended and another worker got the job: the closure has not run,
    ///   or its result is not recorded. `payloadTooLarge` if the result does not fit, which is known only after the closure has
    ///   run. `invalidArgument` for the key. Errors of the closure, of decoding a recorded result of another type, and of Redis.
    public func once<Value: Codable & Sendable>(
        _ key: String, _ body: (OnceToken) async throws -> Value
    ) async throws -> Value {
        let intent = try await record(key, token: IDs.next().text, result: nil)
        if let result = intent.result { return try read(result, of: key) }
        let value = try await body(OnceToken(text: intent.token))
        let plain = Array(try JSONEncoder().encode(value))
        let mine = isEncrypted ? try payload.seal(plain, as: part(key)).encoded : plain
        let recorded = try await record(key, token: intent.token, result: mine)
        guard let result = recorded.result, result != mine else { return value }
        return try read(result, of: key)
    }

    private func part(_ key: String) -> PayloadKeys.Part { .step(key, of: SealOwner(id, in: queue)) }

    private func read<Value: Decodable>(_ result: [UInt8], of key: String) throws -> Value {
        let plain = try payload.opened(result, as: part(key), mustBeSealed: isEncrypted, "what step '\(key)' has recorded")
        return try JSONDecoder().decode(Value.self, from: Data(plain))
    }

    /// Runs a step without a result once, like the form with a result.
    /// - Throws: The same errors as that form.
    public func once(_ key: String, _ body: (OnceToken) async throws -> Void) async throws {
        _ = try await once(key) { token in
            try await body(token)
            return NoOutput()
        }
    }

    private func record(_ key: String, token: String, result: [UInt8]?) async throws(SluiceError) -> Once.Reply {
        if let size = result?.count, size > Once.largest {
            throw SluiceError(
                .payloadTooLarge, "the result of step '\(key.prefix(80))' has \(size) bytes: \(Once.largest) at most")
        }
        let call = Once(worker: worker, id: id, fence: fence, key: key, token: token, result: result)
        return try await store.call(call, on: queue)
    }
}
