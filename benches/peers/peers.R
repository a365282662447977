# Seconds of processor time of R's packages, data in memory. Rscript peers.R FOLDER >> times.csv
suppressMessages({library(survival); library(cmprsk)})
folder <- commandArgs(TRUE)[1]
read <- function(name) {
  size <- file.size(file.path(folder, paste0(name, ".event"))) / 4
  bytes <- function(end, what, n) readBin(file.path(folder, paste0(name, end)), what, n, endian = "little")
  data.frame(time = bytes(".time", "double", size), event = bytes(".event", "integer", size),
             group = bytes(".group", "integer", size))
}
took <- function(data, task, package, run) {
  gc(FALSE)
  s <- system.time(run)
  cat(sprintf("%s,%s,R %s %s,%.3f\n", data, task, package, packageVersion(package), s[["user.self"]] + s[["sys.self"]]))
}
for (name in c("months", "continuous")) {
  d <- read(name)
  status <- factor(d$event)
  took(name, "km", "survival", survfit(Surv(time, event > 0) ~ group, d))
  took(name, "logrank", "survival", survdiff(Surv(time, event > 0) ~ group, d))
  # With a million different times these two take more than ten minutes.
  if (name == "continuous") next
  took(name, "cif", "survival", survfit(Surv(time, status) ~ group, d))
  took(name, "gray", "cmprsk", cuminc(d$time, d$event, d$group))
}

columns <- c("time", "event", "age", "sex", "origin", "children", "region", "person")
size <- file.size(file.path(folder, "regression.time")) / 8
d <- as.data.frame(lapply(setNames(columns, columns), function(name)
  readBin(file.path(folder, paste0("regression.", name)), "double", size, endian = "little")))
x <- c("age", "sex", "origin", "children", "region")
model <- reformulate(x, quote(Surv(time, event == 1)))
took("regression", "cox", "survival", coxph(model, d))
for (rows in c(5000, 20000)) {
  part <- head(d, rows)
  name <- paste0("regression_", rows)
  took(name, "finegray", "cmprsk", crr(part$time, part$event, as.matrix(part[x])))
}
