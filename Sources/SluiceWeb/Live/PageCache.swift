import Hummingbird
import SluiceInspector

/// Shares each page among those who ask for it in the same second, so that the work does not grow with the viewers.
actor PageCache {
    /// How long a page counts as fresh. The script asks every two seconds at most.
    private static let span = Duration.seconds(1)
    private static let most = 500

    private struct Key: Hashable {
        var address: String
        var role: Role
    }

    private struct Entry {
        var page: Task<Page, any Error>
        var begun: ContinuousClock.Instant
    }

    private var entries: [Key: Entry] = [:]

    /// Forgets all pages: something was changed, and who changed it must see that.
    func clear() { entries.removeAll() }

    nonisolated func response(
        to request: WebRequest, _ make: @escaping @Sendable () async throws -> Page
    ) async throws -> Response {
        let page = try await page(request.raw.uri.string, request.principal.role, make)
        return PageLayout.response(page, to: request)
    }

    private func page(_ address: String, _ role: Role, _ make: @escaping @Sendable () async throws -> Page) async throws -> Page {
        let (key, now) = (Key(address: address, role: role), ContinuousClock.now)
        if let entry = entries[key], now - entry.begun < Self.span { return try await entry.page.value }
        if entries.count >= Self.most { entries = entries.filter { now - $0.value.begun < Self.span } }
        let page = Task { try await make() }
        if entries.count < Self.most { entries[key] = Entry(page: page, begun: now) }
        do {
            return try await page.value
        } catch {
            // What failed is tried again by the next who asks.
            entries[key] = nil
            throw error
        }
    }
}
