import Sluice
import SluiceWorker

struct Digest: Job {
    static let kind = "digest"
    static let options = JobOptions(queue: "mail")
}

func mailer(_ sluice: SluiceClient) -> Worker {
    let daily = Cron("digest", schedule: "0 7 * * MON-FRI", zone: "Europe/Berlin", job: Digest(), overlap: .skip)
    return Worker(sluice, queues: [Queue("mail", cron: [daily])])
}
