import Logging
import Synchronization

/// What was read from files, and stays in use when they are no longer valid.
final class LastValid<Value: Sendable>: Sendable {
    private struct State: Sendable {
        var value: Value?
        /// The reason why the files are not valid now; nil if they are.
        var complaint: String?
    }

    private let state = Mutex(State())

    /// Reads anew.
    /// - Throws: What `read` throws. The value before stays.
    func renew(_ read: () throws(RedisError) -> Value) throws(RedisError) -> Value {
        let value: Value
        do throws(RedisError) {
            value = try read()
        } catch {
            state.withLock { $0.complaint = error.description }
            throw error
        }
        state.withLock { $0 = State(value: value) }
        return value
    }

    /// Reads anew; returns the value before if that fails, and logs each reason once.
    /// - Throws: What `read` throws, if there is no value before.
    func current(_ logger: Logger, _ read: () throws(RedisError) -> Value) throws(RedisError) -> Value {
        let told = state.withLock { $0.complaint }
        do throws(RedisError) {
            return try renew(read)
        } catch {
            guard let value = state.withLock({ $0.value }) else { throw error }
            if told != error.description {
                logger.warning("what was read before stays in use", metadata: ["error": "\(error)"])
            }
            return value
        }
    }
}
