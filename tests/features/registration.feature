Feature: Registration
  As a visitor
  I want to register
  So that I can sign in and see my dashboard

  Scenario: A visitor registers and is sent to the dashboard
    Given I am a visitor on the registration page
    When I register with the email "ann@example.com" and a good password
    And I enter the code that was mailed to me
    Then I am sent to the dashboard
    And I get a welcome mail

  Scenario: A registered user signs in and is sent to the dashboard
    Given I am registered as "ann@example.com"
    When I sign in
    Then I am sent to the dashboard

  Scenario: A wrong password lets nobody in
    Given I am registered as "ann@example.com"
    When I sign in with a wrong password
    Then I am still on the sign-in page
