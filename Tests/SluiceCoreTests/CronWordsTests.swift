import SluiceCore
import Testing

struct CronWordsTests {
    @Test(arguments: [
        ("* * * * *", "every minute"), ("*/5 * * * *", "every 5 minutes"), ("0,30 * * * *", "every 30 minutes"),
        ("0 * * * *", "every hour"), ("@hourly", "every hour"), ("7 * * * *", "at minute 7 of every hour"),
        ("15,45 * * * *", "at minutes 15 and 45 of every hour"), ("0 */2 * * *", "every 2 hours"),
        ("5 */6 * * *", "every 6 hours from 00:05"), ("0 */12 * * *", "at 00:00 and 12:00 every day"),
        ("30 2 * * 1-5", "at 02:30 on Monday to Friday"), ("0 7 * * MON-FRI", "at 07:00 on Monday to Friday"),
        ("0 9 * * SAT,SUN", "at 09:00 on Saturday and Sunday"), ("0 9 * * FRI-SUN", "at 09:00 on Friday to Sunday"),
        ("0 8,12,16,21 * * 1,3,5", "at 08:00, 12:00, 16:00 and 21:00 on Monday, Wednesday and Friday"),
        ("*/15 9-17 * * 1-5", "every 15 minutes from 09:00 to 17:45 on Monday to Friday"),
        ("30 8-18 * * *", "every hour from 08:30 to 18:30"), ("* 22 * * 7", "every minute from 22:00 to 22:59 on Sunday"),
        ("@daily", "at 00:00 every day"), ("@weekly", "at 00:00 on Sunday"),
        ("@monthly", "at 00:00 on day 1 of the month"), ("0 0 1 * *", "at 00:00 on day 1 of the month"),
        ("0 0 1,15 * *", "at 00:00 on days 1 and 15 of the month"), ("0 3 1-7 * ?", "at 03:00 on days 1 to 7 of the month"),
        ("@yearly", "at 00:00 on day 1 of January"), ("0 6 1 */3 *", "at 06:00 on day 1 of January, April, July and October"),
        ("0 6 * 6-8 *", "at 06:00 every day from June to August"), ("*/10 * * 12 *", "every 10 minutes in December"),
        ("0 0 13 * FRI", "at 00:00 on day 13 of the month and on every Friday"), ("0 0 1-31 * MON", "at 00:00 every day"),
        ("59 23 28,29,30,31 3,5 *", "at 23:59 on days 28 to 31 of March and May"),
        ("@every 90s", "every 90 seconds"), ("@every 1h30m", "every 90 minutes"), ("@every 1d", "every day"),
        ("@every 1s", "every second"), ("@every 36h", "every 36 hours"),
    ]) func aScheduleIsToldInWords(text: String, words: String) throws {
        #expect(try CronExpression(text).words == words)
    }

    /// Gaps that differ, days that need two conditions, and long lists.
    @Test(arguments: [
        "*/7 * * * *", "0 */5 * * *", "1-58/3 * * * *", "0 0 */2 * MON", "0 0 */2 * *", "0 0 1 6 MON", "*/5 1,3,5 * * *",
        "0 1,2,4,8,16 * * *", "0 8,12,16,21 1,9,19,29 2,9,11,12 *", "3,7,11,13,17 * * * *",
    ]) func whatWordsWouldNotMakeClearerStaysAsItIs(text: String) throws {
        #expect(try CronExpression(text).words == text)
    }
}
