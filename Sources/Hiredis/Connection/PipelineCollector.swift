import Synchronization

/// Collects the results of calls made together, and passes them on with the last one.
final class PipelineCollector: Sendable {
    private struct State {
        var results: [Result<RedisReply, RedisError>]
        var missing: Int
    }

    private let state: Mutex<State>
    private let completion: @Sendable ([Result<RedisReply, RedisError>]) -> Void

    init(count: Int, completion: @escaping @Sendable ([Result<RedisReply, RedisError>]) -> Void) {
        state = Mutex(State(results: Array(repeating: .failure(.closed), count: count), missing: count))
        self.completion = completion
    }

    func set(_ index: Int, _ result: Result<RedisReply, RedisError>) {
        let results = state.withLock { state -> [Result<RedisReply, RedisError>]? in
            state.results[index] = result
            state.missing -= 1
            return state.missing == 0 ? state.results : nil
        }
        if let results { completion(results) }
    }
}
