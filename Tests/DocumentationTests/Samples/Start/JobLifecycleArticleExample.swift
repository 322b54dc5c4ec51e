import Sluice

struct Trailer: Job {
    static let kind = "trailer"
    static let options = JobOptions(queue: "films", deadline: .seconds(600))
    var film: String
}
