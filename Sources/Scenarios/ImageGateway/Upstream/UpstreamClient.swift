import Sluice

/// Asks the upstream. What is its fault, and not a job's, is `DependencyUnavailable`.
struct UpstreamClient: Sendable {
    /// It answered, and not with what was asked for.
    struct BadAnswer: Error, CustomStringConvertible {
        var status: Int
        var description: String { "the upstream answered \(status)" }
    }

    /// All slots of the account are taken.
    struct Busy: Error { var retryAfter: Duration }

    /// The action is not allowed yet.
    struct Refused: Error {}

    private let base: String
    private let caller = Caller(timeout: Scale.patience)

    init(_ url: String) { base = url }

    /// Where an account is. At the place of the dead one no process listens: port 1 belongs to a service that is not in use.
    private func url(_ account: String) -> String {
        (account == Account.dead.name ? "http://127.0.0.1:1" : base) + "/" + account
    }

    /// Has something drawn. Returns the task.
    func submit(_ message: Messages.Submit, to account: String) async throws -> String {
        let answer = try await post(account, "submit", message)
        switch answer.status {
        case 200: return try answer.json(Messages.Submitted.self).task
        case 409: throw Refused()
        case 429: throw Busy(retryAfter: answer.retryAfter ?? .seconds(1))
        default: throw BadAnswer(status: answer.status)
        }
    }

    /// How tasks stand, by their names; those are missing that the upstream does not know.
    func poll(_ tasks: [String], of account: String) async throws -> [String: Messages.Status] {
        let answer = try await post(account, "poll", Messages.Poll(tasks: tasks))
        guard answer.status == 200 else { throw BadAnswer(status: answer.status) }
        let found = try answer.json([Messages.Status].self).map { ($0.task, $0) }
        return Dictionary(found) { first, _ in first }
    }

    private func post(_ account: String, _ path: String, _ message: some Encodable) async throws -> Caller.Answer {
        do {
            return try await caller.post("\(url(account))/\(path)", message)
        } catch let error as Caller.NoAnswer {
            throw DependencyUnavailable("account", reason: error.description)
        }
    }
}
