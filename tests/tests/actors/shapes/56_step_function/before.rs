//! One message for each call of a step; the loop logs its errors and goes on.

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

enum Staff {
    Hire,
    Fire(u32),
}

struct Overseer {
    staff: UnboundedReceiver<Staff>,
    people: u32,
    errors: Vec<String>,
}

impl Overseer {
    async fn run(mut self) -> Vec<String> {
        loop {
            match self.step().await {
                Ok(true) => {}
                Ok(false) => return self.errors,
                Err(error) => self.errors.push(error),
            }
        }
    }

    async fn step(&mut self) -> Result<bool, String> {
        let staff = match self.staff.recv().await {
            Some(staff) => staff,
            None => return Ok(false),
        };
        self.handle_staff(staff).await
    }

    async fn handle_staff(&mut self, staff: Staff) -> Result<bool, String> {
        match staff {
            Staff::Hire => self.people += 1,
            Staff::Fire(n) => {
                self.people = self.people.checked_sub(n).ok_or_else(|| "nobody left".to_owned())?;
            }
        }
        Ok(true)
    }
}

pub async fn exercise() -> Vec<String> {
    let (office, staff) = unbounded_channel();
    office.send(Staff::Hire).ok().unwrap();
    office.send(Staff::Fire(2)).ok().unwrap();
    drop(office);
    tokio::spawn(Overseer { staff, people: 0, errors: Vec::new() }.run()).await.unwrap()
}
