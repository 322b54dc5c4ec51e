import HTTPTypes
import Hummingbird
import NIOCore
import SluiceCore
import SluiceInspector

/// The log of actions as a file: JSON, an action a line, newest first, as `sluice log --json` has them.
///
/// It is read and sent page by page, so that it takes little memory. If Redis goes away meanwhile, the connection is closed before
/// the end, and the browser says that the file is not complete.
enum LogExport {
    static let path = "log.jsonl"
    static let routes: [Route] = [
        Route(method: .get, path: path, role: .viewer) { request in try await response(to: request) }
    ]

    private static let actionsPerPage = 500
    /// The log keeps about half as many. A reader for whom it grows as fast as it is read has an end, too.
    static let most = 20_000

    private static func response(to request: WebRequest) async throws -> Response {
        let (queue, actor) = (try JobQuery(request.query).queue, request.query["actor"])
        let inspector = request.inspector
        // What is wrong with Redis is told before the answer begins.
        let first = try await inspector.actions(newest: actionsPerPage, queue: queue, actor: actor)
        let body = ResponseBody { writer in
            var page = first
            var count = 0
            while true {
                let actions = page.actions.prefix(most - count)
                try await writer.write(ByteBuffer(bytes: lines(actions)))
                count += actions.count
                guard count < most, let cursor = page.next else { break }
                page = try await inspector.actions(newest: actionsPerPage, before: cursor, queue: queue, actor: actor)
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/jsonl", .contentDisposition: "attachment; filename=\"sluice-log.jsonl\"",
                .cacheControl: "no-store",
            ], body: body)
    }

    private static func lines(_ actions: ArraySlice<Action>) -> [UInt8] {
        actions.flatMap { $0.json.encoded() + [UInt8(ascii: "\n")] }
    }
}
