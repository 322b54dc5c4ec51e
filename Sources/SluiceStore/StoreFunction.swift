package import Hiredis
package import SluiceCore

/// One function of the library as a value: its name, the order of its arguments, the shape of its reply.
package protocol StoreFunction: Sendable {
    associatedtype Reply: Sendable

    /// The name without the protocol's prefix.
    static var name: String { get }

    /// The name of the function that this value calls. It differs from `name` only for a struct that stands for several functions.
    var function: String { get }

    /// Whether it can be called with `FCALL_RO`.
    static var isReadOnly: Bool { get }

    /// The approximate number and size, in bytes, of the arguments that `write` appends, so that the command is allocated once.
    var size: (arguments: Int, bytes: Int) { get }

    func write(into command: inout RedisCommand)

    func read(_ reply: RedisValue) throws(SluiceError) -> Reply
}

extension StoreFunction {
    package static var isReadOnly: Bool { false }
    package var function: String { Self.name }
    package var size: (arguments: Int, bytes: Int) { (8, 256) }
}

/// The error for a reply without the shape that the library promises.
func malformed(_ function: String) -> SluiceError {
    SluiceError(.server, "the reply of \(function) makes no sense: is another library in its place?")
}
