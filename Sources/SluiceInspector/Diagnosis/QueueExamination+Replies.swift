import SluiceStore

extension QueueExamination {
    /// A worker that large replies do not reach. It knows it by itself, whatever closes the connection: the server or a proxy.
    mutating func tell(_ deaf: DiagnoseWorkers.Deaf) {
        let size = HumanText.bytes(deaf.bytes)
        part.add(
            deaf.putsAside ? .problem : .notice, "queue.replies_lost",
            deaf.putsAside
                ? "replies with a job of \(size) do not reach \(deaf.worker): jobs of that size or more are put aside, and one is "
                    + "tried every two minutes"
                : "replies to \(deaf.worker) were lost, so it claims at most \(size) of jobs at once",
            cure: "raise client-output-buffer-limit: "
                + cures.redis("CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0")
                + ", and the same in redis.conf; or the limit of a proxy between them")
    }
}
