import Foundation
import ScenarioSupport
import Synchronization

/// A foreign service that draws, over HTTP: `POST /ACCOUNT/submit` and `POST /ACCOUNT/poll`.
final class Upstream: Sendable {
    let book: UpstreamBook
    private let server: HTTPServer
    private let news: News

    init(_ scale: Scale) async throws {
        let (book, news) = (UpstreamBook(slots: scale.slots), News())
        let counter = Counter()
        server = try await HTTPServer { request in await Self.answer(request, book, news, counter) }
        (self.book, self.news) = (book, news)
    }

    var url: String { server.url }

    /// What it has told by itself, and in what shape; and returns when it has told all.
    var told: News.Count { news.count }
    func hasToldAll() async { await news.end() }

    func close() async {
        await news.close()
        await server.close()
    }

    private static func answer(
        _ request: HTTPServer.Request, _ book: UpstreamBook, _ news: News, _ counter: Counter
    ) async -> HTTPServer.Answer {
        let path = request.path.split(separator: "/").map(String.init)
        guard path.count == 2 else { return .status(404) }
        let account = Account(name: path[0])
        if account == .hanging { return .never }
        // One call in fifty fails.
        if counter.next() % 50 == 49 { return .status(500) }
        let body = Data(request.body)
        if path[1] == "poll", let poll = try? JSONDecoder().decode(Messages.Poll.self, from: body) {
            return json(book.poll(poll.tasks))
        }
        guard path[1] == "submit", let submit = try? JSONDecoder().decode(Messages.Submit.self, from: body) else {
            return .status(400)
        }
        switch book.submit(submit, to: account) {
        case .busy: return .status(429, retryAfter: 1)
        case .refused: return .status(409)
        case .task(let task, let isNew):
            if isNew, let hook = submit.hook, !account.isSilent { news.tell(hook, of: task) }
            return json(Messages.Submitted(task: task.id))
        }
    }

    private static func json(_ value: some Encodable) -> HTTPServer.Answer {
        guard let body = try? JSONEncoder().encode(value) else { return .status(500) }
        return .status(200, body: Array(body))
    }

    private final class Counter: Sendable {
        private let calls = Mutex(0)
        func next() -> Int {
            calls.withLock { calls in
                calls += 1
                return calls
            }
        }
    }
}
