import HTTPTypes
import SluiceCore
import SluiceInspector

/// A token that a form asks for.
struct TokenDraft {
    var name: String
    var role: Role
    var queues: [QueueName]
    var kinds: [String]
    var lifetime: Duration?
    /// The lifetime as it was written.
    private var expires: String?

    /// - Throws: ``WebError`` for a value that is not valid.
    init(_ form: Form) throws {
        guard let name = form["name"] else { throw WebError(.badRequest, "A token needs a name", "No token was created.") }
        guard let role = form["role"].flatMap(Role.init(rawValue:)) else {
            throw WebError(.badRequest, "There is no such role", "A token is for a viewer, an operator or an admin.")
        }
        (self.name, self.role) = (name, role)
        kinds = Self.lines(form["kinds"])
        do throws(SluiceError) {
            var queues: [QueueName] = []
            for line in Self.lines(form["queues"]) { queues.append(try QueueName(line)) }
            self.queues = queues
        } catch {
            throw WebError(.badRequest, "This is not the name of a queue", error.message)
        }
        expires = form["expires"]
        do throws(SluiceError) {
            lifetime = if let expires { try DurationText.parse(expires) } else { nil }
        } catch {
            throw WebError(.badRequest, "This is not a duration", error.message)
        }
    }

    /// The options of the tool that ask for the same.
    var options: String {
        let words =
            [name, "--role", role.rawValue] + queues.flatMap { ["--queue", $0.text] } + kinds.flatMap { ["--kind", $0] }
            + (expires.map { ["--expires", $0] } ?? [])
        return words.map { " " + JobQuery.quoted($0) }.joined()
    }

    private static func lines(_ text: String?) -> [String] {
        (text ?? "").split(whereSeparator: \.isNewline).map { String($0.trimmingPrefix { $0 == " " }) }.map { line in
            var line = line
            while line.last == " " { line.removeLast() }
            return line
        }.filter { !$0.isEmpty }
    }
}
