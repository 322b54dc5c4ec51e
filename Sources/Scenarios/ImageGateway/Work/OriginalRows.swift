import Foundation
import Hiredis
import Sluice
import SluiceStore

/// The original's table of tasks, as a hash: what it knows of them is what the last poll has told.
struct OriginalRows: Sendable {
    struct Row: Codable, Sendable {
        var order: Int
        var account: String
        var task: String
        var status = Messages.Status.State.inProgress
        var progress = 0
        /// When a poll has found its end, in microseconds since 1970.
        var ended: Int?
    }

    let store: Store
    private static let key = "original:rows"

    func put(_ row: Row) async throws {
        let text = String(decoding: try JSONEncoder().encode(row), as: UTF8.self)
        _ = try await store.send(["HSET", Self.key, "\(row.order)", text], key: Self.key)
    }

    func row(_ order: Order) async throws -> Row? {
        try Self.read(try await store.send(["HGET", Self.key, "\(order.number)"], key: Self.key).root.string)
    }

    func all() async throws -> [Row] {
        try await store.send(["HVALS", Self.key], key: Self.key).root.elements.compactMap { try Self.read($0.string) }
    }

    private static func read(_ text: String?) throws -> Row? {
        try text.map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
    }
}
