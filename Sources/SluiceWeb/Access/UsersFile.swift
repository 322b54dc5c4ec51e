import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The users of a file, which is read again when it has changed.
///
/// A new file that cannot be read or is not valid changes nothing: the users before stay, and that is told once.
package final class UsersFile: Sendable {
    /// What tells that a file is another one.
    private struct Stamp: Equatable {
        var inode: UInt64
        var size: Int64
        var seconds: Int64
        var nanoseconds: Int64
    }

    private struct State {
        var users: Users
        var stamp: Stamp?
        var checked: ContinuousClock.Instant
    }

    /// How often the file is looked at, at most.
    package static let interval = Duration.seconds(1)

    private let path: String
    private let read: @Sendable (String) throws -> Users
    private let note: @Sendable (Result<Users, any Error>) -> Void
    private let state: Mutex<State>
    /// A pipe is read once, and a look at it tells nothing.
    private let isWatched: Bool

    /// Reads the file.
    /// - Parameters:
    ///   - read: Reads and checks a file.
    ///   - note: Is told of each new file, and of each that was refused.
    /// - Throws: What `read` throws.
    package init(
        _ path: String, at now: ContinuousClock.Instant = .now, read: @escaping @Sendable (String) throws -> Users,
        note: @escaping @Sendable (Result<Users, any Error>) -> Void
    ) throws {
        self.path = path
        self.read = read
        self.note = note
        // Looked at before it is read: a change meanwhile is seen later.
        let stamp = Self.stamp(path)
        isWatched = stamp != nil
        state = Mutex(State(users: try read(path), stamp: stamp, checked: now))
    }

    /// The users as the file has them, but for the last second.
    package func users(at now: ContinuousClock.Instant = .now) -> Users {
        guard isWatched else { return state.withLock { $0.users } }
        let (users, news) = state.withLock { state -> (Users, Result<Users, any Error>?) in
            guard now - state.checked >= Self.interval else { return (state.users, nil) }
            state.checked = now
            let stamp = Self.stamp(path)
            if stamp == state.stamp { return (state.users, nil) }
            state.stamp = stamp
            let news = Result { try read(path) }
            if case .success(let users) = news { state.users = users }
            return (state.users, news)
        }
        if let news { note(news) }
        return users
    }

    /// Reads the file again at once.
    /// - Throws: What `read` throws; the users before then stay.
    package func reload() throws {
        let stamp = Self.stamp(path)
        let users = Result { try read(path) }
        try state.withLock { state in
            // What is wrong with it is told here, not once more when it is looked at.
            state.stamp = stamp
            state.users = try users.get()
        }
    }

    /// Nil if there is no file.
    private static func stamp(_ path: String) -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        return Stamp(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: Int64(time.tv_sec),
            nanoseconds: Int64(time.tv_nsec))
    }
}
