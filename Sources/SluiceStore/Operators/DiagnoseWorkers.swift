package import Hiredis
package import SluiceCore

/// Who is there for how many jobs.
package struct DiagnoseWorkers: DiagnoseSection {
    package struct Reply: Sendable, Hashable {
        /// Ms since 1970 by the time of the queue.
        package var now: Int
        package var live: Int
        /// Jobs that could run, those included whose time has come.
        package var runnable: Int
        package var executing: Int
        /// Jobs whose deadline was a minute ago, or more.
        package var late: Int
        /// A live worker that replies to do not always reach.
        package var deaf: Deaf?
    }

    /// A worker that lost replies.
    package struct Deaf: Sendable, Hashable {
        package var worker: WorkerID
        package var bytes: Int
        /// Whether jobs of that size are put aside for it, or it only asks for no more than that.
        package var putsAside: Bool
    }

    package let words = ["workers"]

    package init() {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        let elements = Array(reply.elements)
        let numbers = elements.prefix(5).compactMap(\.integer)
        guard numbers.count >= 4 else { throw malformed(Self.name) }
        var answer = Reply(
            now: numbers[0], live: numbers[1], runnable: numbers[2], executing: numbers[3],
            late: numbers.count > 4 ? numbers[4] : 0)
        if elements.count > 7, let worker = elements[5].string, let bytes = elements[6].integer {
            answer.deaf = Deaf(worker: WorkerID(known: worker), bytes: bytes, putsAside: elements[7].integer == 1)
        }
        return answer
    }
}
