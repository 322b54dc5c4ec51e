import Foundation
import HTTPTypes
import SluiceInspector
import Synchronization
import Testing

@testable import SluiceWeb

/// A users' file that changes while it is used.
@Suite(.timeLimit(.minutes(5)))
struct UsersFileTests {
    private static let hash = Result { try PasswordHash(of: "correct horse").description }

    /// What was told of new files.
    private final class News: Sendable {
        let texts = Mutex<[String]>([])

        func add(_ result: Result<Users, any Error>) {
            texts.withLock {
                switch result {
                case .success(let users): $0.append("\(users.count)")
                case .failure(let error): $0.append((error as? Users.Invalid)?.description ?? "gone")
                }
            }
        }
    }

    private func write(_ lines: [String], to file: URL) throws {
        let hash = try Self.hash.get()
        try Data(lines.map { "\($0) \(hash)\n" }.joined().utf8).write(to: file, options: .atomic)
    }

    private func newFile() -> URL { FileManager.default.temporaryDirectory.appending(path: "users-\(UUID().uuidString)") }

    private func open(_ file: URL, _ news: News, at now: ContinuousClock.Instant) throws -> UsersFile {
        try UsersFile(
            file.path, at: now,
            read: { try Users(text: try String(contentsOf: URL(fileURLWithPath: $0), encoding: .utf8)) },
            note: { news.add($0) })
    }

    @Test func aChangeCountsAndAWrongFileDoesNot() throws {
        let (file, news) = (newFile(), News())
        defer { try? FileManager.default.removeItem(at: file) }
        var now = ContinuousClock.now
        func later() -> ContinuousClock.Instant {
            now += UsersFile.interval
            return now
        }
        try write(["ada admin"], to: file)
        let users = try open(file, news, at: now)
        #expect(users.users(at: now).role(of: "ada") == .admin)
        try write(["ada viewer", "bob operator"], to: file)
        // It is looked at once a second.
        #expect(users.users(at: now).role(of: "ada") == .admin)
        #expect(users.users(at: later()).role(of: "ada") == .viewer && users.users(at: now).role(of: "bob") == .operator)
        #expect(users.users(at: later()).count == 2 && news.texts.withLock { $0 } == ["2"])
        // A wrong file and none are told once each.
        try write(["ada boss"], to: file)
        for _ in 0..<3 { #expect(users.users(at: later()).role(of: "bob") == .operator) }
        try FileManager.default.removeItem(at: file)
        for _ in 0..<3 { #expect(users.users(at: later()).count == 2) }
        try write(["eve viewer"], to: file)
        #expect(users.users(at: later()).role(of: "eve") == .viewer && users.users(at: now).role(of: "ada") == nil)
        let told = news.texts.withLock { $0 }
        #expect(told.count == 4 && told[1].hasPrefix("line 1: 'boss' is no role") && told[2...] == ["gone", "1"], "\(told)")
    }

    @Test func aFileIsReadAtOnceIfThatIsAskedFor() throws {
        let (file, news) = (newFile(), News())
        defer { try? FileManager.default.removeItem(at: file) }
        let now = ContinuousClock.now
        try write(["ada admin"], to: file)
        let users = try open(file, news, at: now)
        try write(["bob viewer"], to: file)
        try users.reload()
        #expect(users.users(at: now).role(of: "bob") == .viewer && users.users(at: now).count == 1)
        try write(["bob boss"], to: file)
        #expect(throws: Users.Invalid.self) { try users.reload() }
        #expect(users.users(at: now + UsersFile.interval).role(of: "bob") == .viewer)
        #expect(news.texts.withLock { $0 } == [], "who asked was told")
    }

    @Test func aFileThatIsNotThereAtTheStartIsAnError() {
        #expect(throws: (any Error).self) { try open(newFile(), News(), at: .now) }
    }

    @Test func whoIsRemovedIsLoggedOut() async throws {
        let secret = [UInt8](repeating: 7, count: 32)
        let holder = Holder(try Users(text: "ada admin \(try Self.hash.get())"))
        let fixture = try await WebFixture(access: .users({ holder.users.withLock { $0 } }, secret: secret))
        let login = try await fixture.post("/login", [("name", "ada"), ("password", "correct horse")])
        let cookie: HTTPFields = [.cookie: String(try #require(login.headers[.setCookie]).prefix { $0 != ";" })]
        #expect(try await fixture.get("/tokens", cookie).status == 200)
        let hash = try Self.hash.get()
        holder.users.withLock { $0 = (try? Users(text: "ada viewer \(hash)")) ?? $0 }
        #expect(try await fixture.get("/tokens", cookie).status == 403)
        holder.users.withLock { $0 = (try? Users(text: "bob admin \(hash)")) ?? $0 }
        #expect(try await fixture.get("/tokens", cookie).status == 303)
    }

    private final class Holder: Sendable {
        let users: Mutex<Users>

        init(_ users: Users) { self.users = Mutex(users) }
    }
}
