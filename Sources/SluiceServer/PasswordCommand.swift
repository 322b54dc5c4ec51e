import ArgumentParser
import Foundation
import SluiceInspector
import SluiceToolSupport
import SluiceWeb

struct PasswordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "password", abstract: "Print a line of the users' file.",
        discussion: "The password is asked for, or read from standard input if that is no terminal. Only its hash is printed.")

    @Argument(help: "The name of the user: letters, digits and .@_-, at most 64.")
    var name: String

    @Option(
        help: ArgumentHelp("What the user may do: viewer looks, operator also acts, admin also repairs and sees decrypted data."),
        completion: .list(Role.allCases.map(\.rawValue)),
        transform: { text in
            guard let role = Role(rawValue: text) else {
                throw ValidationError("'\(text.prefix(20))' is no role: there are viewer, operator and admin")
            }
            return role
        })
    var role: Role = .viewer

    func validate() throws {
        if !Users.isName(name) { throw ValidationError("a name has letters, digits and .@_- only, at most 64") }
    }

    func run() async throws {
        guard let password = try Self.read(), !password.isEmpty else { throw Failure("the password is empty", status: .usage) }
        if password.count < 8 { Terminal.complain("warning: a password of fewer than 8 characters is soon guessed") }
        try Terminal.output.lines(["\(name) \(role.rawValue) \(try PasswordHash(of: password))"])
    }

    /// Reads a line. A terminal does not show what is typed.
    private static func read() throws -> String? {
        guard isatty(0) == 1 else { return readLine() }
        try Terminal.errors.ask("Password: ")
        var before = termios()
        tcgetattr(0, &before)
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSAFLUSH, &silent)
        defer {
            tcsetattr(0, TCSAFLUSH, &before)
            try? Terminal.errors.ask("\n")
        }
        return readLine()
    }
}
