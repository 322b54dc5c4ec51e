import SluiceInspector

/// The users of a dashboard: names, roles and hashes of passwords.
public struct Users: Sendable {
    /// A line that is no user.
    public struct Invalid: Error, CustomStringConvertible, Hashable {
        /// The number of the line, from 1.
        public var line: Int
        /// What is wrong with it.
        public var reason: String
        /// The line and the reason.
        public var description: String { "line \(line): \(reason)" }
    }

    struct User: Sendable {
        var role: Role
        var hash: PasswordHash
    }

    private let users: [String: User]
    /// What a name that is not known is checked against, so that it takes as long as one that is.
    private let decoy: PasswordHash

    /// Reads users, one a line: `NAME ROLE HASH`. Empty lines and lines that begin with `#` are skipped.
    /// - Throws: ``Invalid`` for the first line that is not valid.
    public init(text: String) throws {
        var users: [String: User] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            func invalid(_ reason: String) -> Invalid { Invalid(line: index + 1, reason: reason) }
            guard words.count == 3 else { throw invalid("a user has a name, a role and a hash") }
            guard Self.isName(first) else { throw invalid("a name has letters, digits and .@_- only, at most 64") }
            guard let role = Role(rawValue: words[1]) else {
                throw invalid("'\(words[1].prefix(20))' is no role: there are viewer, operator and admin")
            }
            guard let hash = PasswordHash(words[2]) else { throw invalid("the hash of \(first) is not valid") }
            guard users.updateValue(User(role: role, hash: hash), forKey: first) == nil else {
                throw invalid("\(first) is there twice")
            }
        }
        self.users = users
        decoy = try PasswordHash(of: "decoy")
    }

    /// Whether a text can be the name of a user.
    public static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                let character = Character(Unicode.Scalar(byte))
                return character.isASCII && (character.isLetter || character.isNumber || ".@_-".contains(character))
            }
    }

    /// How many there are.
    public var count: Int { users.count }

    /// The hash of a user's password.
    func hash(of name: String) -> PasswordHash? { users[name]?.hash }

    /// The role of a user; nil if there is no such user any more.
    func role(of name: String) -> Role? { users[name]?.role }

    /// The user with this name and password; nil if there is none.
    func user(_ name: String, password: String) -> Principal? {
        let user = users[name]
        let isRight = (user?.hash ?? decoy).matches(password)
        guard isRight, let user else { return nil }
        return Principal(name: name, role: user.role)
    }
}
