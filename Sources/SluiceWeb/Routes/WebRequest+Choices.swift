import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector

extension WebRequest {
    /// A value of the query that is one of a few words; nil if it is not there.
    func choice<Value: RawRepresentable<String> & CaseIterable>(_ name: String, of type: Value.Type) throws -> Value? {
        guard let text = query[name] else { return nil }
        guard let value = Value(rawValue: text) else {
            let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw WebError(.badRequest, "There is no such \(name)", "Choose one of \(words), not '\(text.prefix(40))'.")
        }
        return value
    }

    /// The queue that the query or the form names; nil if it names none.
    func chosenQueue(_ form: Form) throws -> QueueName? {
        guard let text = form["queue"] else { return nil }
        do throws(SluiceError) {
            return try QueueName(text)
        } catch {
            throw WebError(.badRequest, "This is not the name of a queue", error.message)
        }
    }

    /// The queue that the path names.
    /// - Throws: ``WebError`` if nothing has used it.
    func usedQueue() async throws -> QueueName {
        let queue = try queue()
        do throws(SluiceError) {
            try await inspector.requireUsed(queue)
        } catch {
            if error.code != .invalidArgument { throw error }
            throw WebError.notFound("The queue \(queue)", "No client and no worker has used it.")
        }
        return queue
    }

    /// A whole number of the query, 0 if it is not there.
    func number(_ name: String) throws -> Int {
        guard let text = query[name] else { return 0 }
        guard let number = Int(text), (0...1_000_000_000).contains(number) else {
            throw WebError(.badRequest, "This is not a number", "\(name) is a whole number, not '\(text.prefix(40))'.")
        }
        return number
    }

    /// The client of the site.
    /// - Throws: ``WebError`` if this dashboard has none.
    func client() throws -> SluiceClient {
        guard let client = site.description.client else {
            throw WebError(.forbidden, "This dashboard cannot do that", "It has no client. Nothing was changed.")
        }
        return client
    }

    /// Whether the sender may do what an operator may, and the site has the client that it needs.
    var mayUseClient: Bool { allows(.operator) && site.description.client != nil }
}
