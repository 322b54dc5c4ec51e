import Hummingbird
import SluiceCore
import SluiceInspector

/// A request whose sender is known and may do what it asks.
struct WebRequest: Sendable {
    /// The request itself. Its body has been read if it is a form.
    var raw: Request
    /// The variable parts of the path, decoded.
    var path: [String: String]
    /// The query of the address.
    var query: Form
    /// The fields of a form that was sent; empty for other requests.
    var form: Form
    var principal: Principal
    /// The address of the client, as far as it is known.
    var address: String
    var site: Site
    var links: Links
    /// What else the layout shows.
    var frame: PageFrame

    /// Reads for who asks. Only an admin sees what is encrypted: the inspector of others has no keys.
    var inspector: Inspector { allows(.admin) ? site.inspector : Inspector(site.inspector.store) }

    /// Whether the sender may do what needs this role.
    func allows(_ role: Role) -> Bool { principal.role >= role }

    /// A variable part of the path.
    func part(_ name: String) -> String { path[name] ?? "" }

    /// The queue that the path names.
    func queue() throws -> QueueName {
        do throws(SluiceError) {
            return try QueueName(part("queue"))
        } catch {
            throw WebError.notFound("This queue", "A queue cannot have this name.")
        }
    }
}
